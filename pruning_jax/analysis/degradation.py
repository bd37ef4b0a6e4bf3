"""Accuracy degradation due to noisy examples."""

import numpy as np
import pandas as pd

from pruning_jax.analysis import curves, panel
from pruning_jax.analysis.settings import Settings


def degradation(rows: pd.DataFrame, settings: Settings = Settings()) -> pd.DataFrame:  # noqa: B008
    """Test accuracy when trained without the noisy examples minus test accuracy when trained
    with them, in the same round of the same algorithm; of every family that has the control.

    The name is the paper's, the definition ours.
    """
    table = panel.read(rows)
    values = np.full(table.values["test_accuracy"].shape, np.nan)
    for i, part in enumerate(panel.slices(table)):
        for j, family in enumerate(table.families):
            values[i, j] = part.degradation(family.name)
    return curves.long(table, {"": values}, settings, curves.COLUMNS)
