"""Means over seeds with honest intervals."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import special  # scipy.stats takes a second to load


def interval(values: np.ndarray, confidence: float = 0.95) -> tuple[float, ...]:
    """The mean and the ends of its t-interval; the ends are NaN for fewer than two values.

    Values that are NaN are left out.
    """
    values = np.asarray(values, float)
    values = values[~np.isnan(values)]
    if not len(values):
        return (float("nan"),) * 3
    mean = float(values.mean())
    if len(values) < 2:
        return mean, float("nan"), float("nan")
    standard_error = values.std(ddof=1) / np.sqrt(len(values))
    half = float(special.stdtrit(len(values) - 1, (1 + confidence) / 2) * standard_error)
    return mean, mean - half, mean + half


def over_seeds(rows: pd.DataFrame, column: str = "test_accuracy") -> pd.DataFrame:
    """For each algorithm, noise rate and round: density, mean, low, high, replicates, diverged.

    `replicates` counts the seeds that have the value; diverged ones have none.
    """
    records = []
    key: Any
    part: Any
    names = ["algorithm", "noise_rate", "round"]
    for key, part in rows.groupby(names, sort=True):
        mean, low, high = interval(part[column].to_numpy())
        numbers = {"density": part["density"].mean(), "mean": mean, "low": low, "high": high}
        counts = {
            "replicates": int(part[column].notna().sum()),
            "diverged": int(part["diverged"].sum()),
        }
        records.append({**dict(zip(names, key, strict=True)), **numbers, **counts})
    columns = [
        "algorithm",
        "noise_rate",
        "round",
        "density",
        "mean",
        "low",
        "high",
        "replicates",
        "diverged",
    ]
    return pd.DataFrame(records, columns=columns)
