"""What the examples are worth whose loss pruning improves most."""

import pandas as pd

from pruning_jax.analysis.removed import tie
from pruning_jax.analysis.settings import Settings
from pruning_jax.workdir.collect import Run


def table(run: Run, settings: Settings) -> pd.DataFrame:
    """One row for each noise rate and round that decides these examples."""
    return tie(run.rows, settings)
