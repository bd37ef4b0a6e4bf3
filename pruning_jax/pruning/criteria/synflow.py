"""SynFlow: synaptic flow, without data (Tanaka et al. 2020, arXiv 2006.05467)."""

import jax
import jax.numpy as jnp
from jaxtyping import Array

from pruning_jax.pruning.evidence import Evidence
from pruning_jax.types import Params, Scores


def _neutral(path: tuple, statistic: Array) -> Array:
    """BatchNorm statistics of mean 0 and variance 1: it only scales."""
    return jnp.ones_like(statistic) if path[-1].key == "var" else jnp.zeros_like(statistic)


def score(evidence: Evidence) -> Scores:
    """w * dR/dw at the anchor's |w|, R the sum of the logits for one image of ones.

    With all parameters replaced by their absolute values every path through the network
    is positive and R is the sum over all paths of the product of the weights on it.
    BatchNorm's statistics are no parameters: they are made neutral. Pruned weights take
    no part. The source scores anew in 100 small steps; so does the algorithm `synflow`, by
    its setting `score_steps`. In one step layers may lose all their weights.
    """
    statistics = jax.tree_util.tree_map_with_path(_neutral, evidence.statistics)
    ones = jnp.ones_like(evidence.images[:1])
    positive = jax.tree.map(jnp.abs, evidence.anchor)

    def flow(params: Params) -> Array:
        return jnp.sum(evidence.logits(params, ones, statistics))

    return jax.tree.map(lambda w, g: w * g, positive, jax.grad(flow)(positive))
