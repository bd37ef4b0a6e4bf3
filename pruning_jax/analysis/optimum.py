"""The optimal density of each algorithm, by clean and by noisy validation labels."""

import numpy as np
import pandas as pd

from pruning_jax.analysis import measurements, selection
from pruning_jax.analysis.measurements import Record, Slice, mean
from pruning_jax.analysis.selection import take
from pruning_jax.analysis.settings import DEFAULTS, Settings

SELECTED_BY = ("validation_accuracy", "validation_noisy_accuracy")
COLUMNS = (
    *("algorithm", "noise_rate", "selected_by", "density", "round", "test_accuracy", "low", "high"),
    *("dense_test_accuracy", "gain", "gain_low", "gain_high", "replicates"),
)


def optimum(rows: pd.DataFrame, settings: Settings = DEFAULTS) -> pd.DataFrame:
    """The round with the best mean validation accuracy, round 0 included, and the test accuracy
    there beside the dense model's.

    `round` and `density` are what all seeds choose. In the accuracies each seed stands with the
    round that the seeds before it choose (`sequential`), so that the luck of the networks that
    are reported has no part in the choice. `gain` is paired by seed.
    """
    records = []
    for part in measurements.slices(measurements.read(rows)):
        for name in part.measured.main:
            for column in SELECTED_BY:
                records += _optimum(part, name, column, settings)
    return pd.DataFrame(records, columns=[*COLUMNS])


def _optimum(part: Slice, name: str, column: str, settings: Settings) -> list[Record]:
    """The row of an algorithm; none where no network has both accuracies."""
    test = part.of(name, "test_accuracy")
    dense = part.start("test_accuracy")
    validation = part.of(name, column), part.start(column)
    allowed = measurements.known(test)
    best = selection.best(*validation, allowed)
    own = take(test, selection.sequential(*validation, allowed))
    paired = np.isfinite(own - dense)
    if best < 0 or not paired.any():
        return []
    at, gain = (settings.estimates(v[paired]).at() for v in (own, own - dense))
    key = (name, part.noise, column, float(part.density(name)[best]), best)
    return [(*key, *at[:3], float(mean(dense[paired])), *gain[:3], gain.replicates)]
