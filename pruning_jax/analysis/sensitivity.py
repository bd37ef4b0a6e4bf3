"""How the verdicts change with the thresholds, which are ours."""

from dataclasses import replace
from math import log
from typing import TypeAlias

import pandas as pd

from pruning_jax.analysis.claims.claims import checked, judged
from pruning_jax.analysis.settings import DEFAULTS, Settings

Value: TypeAlias = float | int

TRIED: dict[str, tuple[Value, ...]] = {
    "delta": (0.0025, 0.01),
    "alpha": (0.01, 0.1),
    "minimum_log_ratio": (log(1.02), log(1.1)),
    "margin": (0.0025, 0.01),
    "size_tolerance": (1.06, 1.25),
    "minimum_seeds": (4, 5),
    "collapse_factor": (1.2, 3.0),
    "bootstrap_from": (5, 1_000),
}
"""The values that are tried of each setting, one at a time; the defaults stand between them, or
at one end."""

COLUMNS = ("setting", "value", "claim", "algorithm", "noise_rate", "verdict", "by_default")


def sensitivity(rows: pd.DataFrame, settings: Settings = DEFAULTS) -> pd.DataFrame:
    """The verdicts if one setting is another one, beside those that the settings give.

    There is one row for each value in `TRIED`, claim, algorithm and noise rate.

    Raises:
      WrongUse: as `claims`.
    """
    measured = checked(rows)
    default = judged(measured, settings)
    parts = []
    for name, values in TRIED.items():
        for value in values:
            found = judged(measured, replace(settings, **{name: value}))
            tried = {"setting": name, "value": value, "by_default": default["verdict"]}
            parts.append(found.assign(**tried))
    return pd.concat(parts, ignore_index=True).filter([*COLUMNS])
