"""What pruning gains, with an interval that covers other test images as well as other seeds."""

import pandas as pd

from pruning_jax.analysis.images import gain_over_images
from pruning_jax.analysis.settings import Settings
from pruning_jax.workdir.collect import Run


def table(run: Run, settings: Settings) -> pd.DataFrame:
    """One row for each algorithm that prunes, noise rate and round: over seeds, and over both."""
    return gain_over_images(run, settings)
