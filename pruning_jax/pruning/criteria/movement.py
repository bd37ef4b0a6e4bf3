"""|w - anchor|: weights that training moved least go.

Zhou et al. 2019, arXiv 1905.01067 (their mask criterion "movement").
"""

import jax
import jax.numpy as jnp

from pruning_jax.pruning.evidence import Evidence
from pruning_jax.types import Scores


def score(evidence: Evidence) -> Scores:
    """|w - anchor|, the distance from the weights that are rewound to. Uses no data."""
    return jax.tree.map(lambda w, a: jnp.abs(w - a), evidence.weights, evidence.anchor)
