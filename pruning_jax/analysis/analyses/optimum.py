"""The optimal density of each algorithm, chosen by validation accuracy."""

import pandas as pd

from pruning_jax.analysis.optimum import optimum
from pruning_jax.analysis.settings import Settings
from pruning_jax.workdir.collect import Run


def table(run: Run, settings: Settings) -> pd.DataFrame:
    """One row for each algorithm, noise rate and kind of validation labels."""
    return optimum(run.rows, settings)
