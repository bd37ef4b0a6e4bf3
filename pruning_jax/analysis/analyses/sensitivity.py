"""How the verdicts change with the settings that are ours."""

import pandas as pd

from pruning_jax.analysis.sensitivity import sensitivity
from pruning_jax.analysis.settings import Settings
from pruning_jax.workdir.collect import Run


def table(run: Run, settings: Settings) -> pd.DataFrame:
    """One row for each setting and value that is tried, claim, algorithm and noise rate."""
    return sensitivity(run.rows, settings)
