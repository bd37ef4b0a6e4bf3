"""What training time and size each do, and their interaction."""

import pandas as pd

from pruning_jax.analysis import factors
from pruning_jax.analysis.settings import Settings
from pruning_jax.workdir.collect import Run


def table(run: Run, settings: Settings) -> pd.DataFrame:
    """One row for each noise rate, factor and measure: the effect and its interval."""
    return factors.factor_effects(run.rows, settings)
