"""Whether the noisy examples can be told from the others by EL2N."""

import pandas as pd

from pruning_jax.analysis.el2n import el2n
from pruning_jax.analysis.settings import Settings
from pruning_jax.workdir.collect import Run


def table(run: Run, settings: Settings) -> pd.DataFrame:
    """One row for each noise rate and score: the area under the ROC curve."""
    return el2n(run, settings)
