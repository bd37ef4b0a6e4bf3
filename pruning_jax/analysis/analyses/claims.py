"""The verdicts on the four claims of the paper (Jin et al. 2022, arXiv 2210.13738)."""

import pandas as pd

from pruning_jax.analysis.claims.claims import claims
from pruning_jax.analysis.settings import Settings
from pruning_jax.workdir.collect import Run


def table(run: Run, settings: Settings) -> pd.DataFrame:
    """One row for each claim and noise rate, with the effect, its interval and a sentence."""
    return claims(run.rows, settings)
