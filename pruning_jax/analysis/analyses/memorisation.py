"""What becomes of the clean and of the noisy examples in training."""

import pandas as pd

from pruning_jax.analysis import curves
from pruning_jax.analysis.settings import Settings
from pruning_jax.workdir.collect import Run


def table(run: Run, settings: Settings) -> pd.DataFrame:
    """One row for each algorithm, noise rate, round and measure."""
    return curves.memorisation(run.rows, settings)
