"""What pruning does to easy and to difficult training examples."""

import pandas as pd

from pruning_jax.analysis.settings import Settings
from pruning_jax.analysis.subgroups import subgroups
from pruning_jax.workdir.collect import Run


def table(run: Run, settings: Settings) -> pd.DataFrame:
    """One row for each algorithm, noise rate, round, group by EL2N and kind of examples."""
    return subgroups(run, settings)
