"""Dense networks of all widths and training times."""

import pandas as pd

from pruning_jax.analysis.augmented import augmented
from pruning_jax.analysis.settings import Settings
from pruning_jax.workdir.collect import Run


def table(run: Run, settings: Settings) -> pd.DataFrame:
    """One row for each noise rate, width and number of repeated schedules."""
    return augmented(run.rows, settings)
