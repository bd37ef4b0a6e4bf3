"""The augmented training grid: width x number of repeated schedules."""

import numpy as np
import pandas as pd

from pruning_jax.analysis import measurements, selection
from pruning_jax.analysis.measurements import Slice, mean
from pruning_jax.analysis.settings import DEFAULTS, Settings

COLUMNS = (
    *("noise_rate", "width", "weights_total", "round", "epochs_trained"),
    *("test_accuracy", "low", "high", "validation_accuracy", "selected", "replicates"),
)


def augmented(rows: pd.DataFrame, settings: Settings = DEFAULTS) -> pd.DataFrame:
    """One row for each width and round: extended dense and its width-scaled controls.

    `selected` marks the member of each noise rate with the best mean validation accuracy. Its
    test accuracy shares that choice's luck and is a little too high.
    """
    records = []
    for part in measurements.slices(measurements.read(rows)):
        records += _members(part, settings)
    return pd.DataFrame(records, columns=[*COLUMNS])


def _members(part: Slice, settings: Settings) -> list[dict[str, object]]:
    """The rows of a noise rate: its widths, and in each the rounds that a seed has."""
    own = [f for f in part.measured.families if f.name == settings.extended]
    families = sorted(own + part.measured.scaled(settings), key=lambda f: f.width)
    if not families:
        return []
    test, validation, epochs, total = (
        np.stack([part.of(f.name, column) for f in families], 1)  # [seed, family, round]
        for column in ("test_accuracy", "validation_accuracy", "epochs_trained", "weights_total")
    )
    found = settings.estimates(test)
    flat = validation.reshape(len(validation), -1)
    allowed = measurements.known(flat)
    best = selection.best(flat, part.start("validation_accuracy"), allowed)
    means = [mean(values) for values in (validation, epochs, total)]
    return [
        {
            "noise_rate": part.noise,
            "width": families[i].width,
            "weights_total": means[2][i, round_],
            "round": round_,
            "epochs_trained": means[1][i, round_],
            "test_accuracy": found.mean[i, round_],
            "low": found.low[i, round_],
            "high": found.high[i, round_],
            "validation_accuracy": means[0][i, round_],
            "selected": np.ravel_multi_index((i, round_), test.shape[1:]) == best,
            "replicates": found.replicates[i, round_],
        }
        for i, round_ in zip(*np.nonzero(found.replicates), strict=True)
    ]
