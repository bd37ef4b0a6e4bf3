"""A random order: size reduction without a choice of weights."""

import jax

from pruning_jax.pruning.evidence import Evidence
from pruning_jax.types import Scores


def score(evidence: Evidence) -> Scores:
    """Independent uniform numbers from the key of the seed and round. Uses no data."""
    leaves, structure = jax.tree.flatten(evidence.weights)
    keys = jax.random.split(evidence.key, len(leaves))
    scores = [jax.random.uniform(k, w.shape) for k, w in zip(keys, leaves, strict=True)]
    return jax.tree.unflatten(structure, scores)
