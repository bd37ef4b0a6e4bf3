"""GraSP: keep what the gradient flow needs (Wang, Zhang, Grosse 2020, arXiv 2002.07376)."""

from collections.abc import Callable

import jax

from pruning_jax.pruning.evidence import Evidence
from pruning_jax.types import Params, Scores


def score(evidence: Evidence) -> Scores:
    """w * (H g) at the anchor's weights, H and g of the mean loss over the scoring batch.

    The source removes the weights with the highest -w * (H g): without them the norm of
    the gradient falls least or even grows. Its softening of the logits (temperature 200)
    is left out. The product with the Hessian is exact.
    """
    anchor = evidence.anchor

    def gradient(params: Params) -> Params:
        return evidence.gradient(params, evidence.anchor_statistics)

    return jax.tree.map(lambda w, hg: w * hg, anchor, _hessian_times_gradient(gradient, anchor))


def _hessian_times_gradient(gradient: Callable[[Params], Params], at: Params) -> Params:
    """H g at some parameters."""
    if any(weights.ndim == 4 for weights in jax.tree.leaves(at)):
        # Convolutions may have a gradient of their own (models/convolution.py), which JAX can
        # differentiate backward only. H is symmetric, so that backward gives the same product.
        g, backward = jax.vjp(gradient, at)
        return backward(g)[0]
    return jax.jvp(gradient, (at,), (gradient(at),))[1]  # forward, which needs less memory
