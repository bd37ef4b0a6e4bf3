"""Sparse double descent: the peak and the valley of the test error."""

import pandas as pd

from pruning_jax.analysis.descent import descent
from pruning_jax.analysis.settings import Settings
from pruning_jax.workdir.collect import Run


def table(run: Run, settings: Settings) -> pd.DataFrame:
    """Two rows, peak and valley, for each algorithm and noise rate that has a peak."""
    return descent(run.rows, settings)
