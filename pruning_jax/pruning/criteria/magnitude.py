"""|w|: the smallest weights go (Han et al. 2015, arXiv 1506.02626)."""

import jax
import jax.numpy as jnp

from pruning_jax.pruning.evidence import Evidence
from pruning_jax.types import Scores


def score(evidence: Evidence) -> Scores:
    """|w| of the trained weights. Uses no data."""
    return jax.tree.map(jnp.abs, evidence.weights)
