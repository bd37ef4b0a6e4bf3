"""How much test accuracy is lost to the noisy examples."""

import pandas as pd

from pruning_jax.analysis.degradation import degradation
from pruning_jax.analysis.settings import Settings
from pruning_jax.workdir.collect import Run


def table(run: Run, settings: Settings) -> pd.DataFrame:
    """One row for each algorithm with the control, noise rate and round."""
    return degradation(run.rows, settings)
