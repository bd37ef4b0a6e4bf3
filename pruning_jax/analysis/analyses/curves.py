"""Everything that is measured, over rounds."""

import pandas as pd

from pruning_jax.analysis import curves
from pruning_jax.analysis.settings import Settings
from pruning_jax.workdir.collect import Run


def table(run: Run, settings: Settings) -> pd.DataFrame:
    """One row for each algorithm, noise rate, round and measure: mean and interval over seeds."""
    return curves.curves(run.rows, settings)
