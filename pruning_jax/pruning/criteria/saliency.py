"""|w * dL/dw|: the first-order change of the loss when a weight is removed.

Mozer & Smolensky 1988 (skeletonization); Molchanov et al. 2017, arXiv 1611.06440;
one of the scores that the paper compares (Jin et al. 2022, arXiv 2210.13738).
"""

import jax
import jax.numpy as jnp

from pruning_jax.pruning.evidence import Evidence
from pruning_jax.types import Scores


def score(evidence: Evidence) -> Scores:
    """|w * dL/dw| at the trained weights, L the mean loss over the scoring batch."""
    gradient = evidence.gradient(evidence.weights)
    return jax.tree.map(lambda w, g: jnp.abs(w * g), evidence.weights, gradient)
