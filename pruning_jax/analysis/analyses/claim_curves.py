"""What each claim compares, at every density, with simultaneous intervals."""

import pandas as pd

from pruning_jax.analysis.claim_curves import claim_curves
from pruning_jax.analysis.settings import Settings
from pruning_jax.workdir.collect import Run


def table(run: Run, settings: Settings) -> pd.DataFrame:
    """One row for each claim, algorithm, noise rate, measure and density."""
    return claim_curves(run.rows, settings)
