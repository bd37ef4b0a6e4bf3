"""Accuracy degradation due to noisy examples."""

import numpy as np
import pandas as pd

from pruning_jax.analysis import curves, measurements
from pruning_jax.analysis.settings import DEFAULTS, Settings


def degradation(rows: pd.DataFrame, settings: Settings = DEFAULTS) -> pd.DataFrame:
    """Test accuracy when trained without the noisy examples minus test accuracy when trained
    with them, in the same round of the same algorithm; of every family that has the control.

    The name is the paper's, the definition ours.
    """
    measured = measurements.read(rows)
    values = np.full(measured.values["test_accuracy"].shape, np.nan)
    for i, part in enumerate(measurements.slices(measured)):
        for j, family in enumerate(measured.families):
            values[i, j] = part.degradation(family.name)
    return curves.long(measured, {"": values}, settings, curves.COLUMNS)
