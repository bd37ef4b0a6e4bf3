"""Means over seeds with honest intervals."""

from typing import Any

import pandas as pd

from pruning_jax.analysis.statistics import interval

__all__ = ["interval", "over_seeds"]


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
