"""The training loss beside that of the dense network."""

import pandas as pd

from pruning_jax.analysis import curves
from pruning_jax.analysis.settings import Settings
from pruning_jax.workdir.collect import Run


def table(run: Run, settings: Settings) -> pd.DataFrame:
    """One row for each algorithm, noise rate and round: the ratio of the losses."""
    return curves.relative_loss(run.rows, settings)
