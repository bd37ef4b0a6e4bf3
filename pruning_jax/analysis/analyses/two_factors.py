"""Training time and size, the 2 x 2, beside the pruned network."""

import pandas as pd

from pruning_jax.analysis import factors
from pruning_jax.analysis.settings import Settings
from pruning_jax.workdir.collect import Run


def table(run: Run, settings: Settings) -> pd.DataFrame:
    """One row for each noise rate, measure and combination of training time and size."""
    return factors.two_factors(run.rows, settings)
