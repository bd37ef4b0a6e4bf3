"""-|w|: the largest weights go, a control that should do harm."""

import jax
import jax.numpy as jnp

from pruning_jax.pruning.evidence import Evidence
from pruning_jax.types import Scores


def score(evidence: Evidence) -> Scores:
    """-|w| of the trained weights. Uses no data."""
    return jax.tree.map(lambda w: -jnp.abs(w), evidence.weights)
