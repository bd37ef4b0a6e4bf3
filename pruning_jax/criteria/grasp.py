"""GraSP: keep what the gradient flow needs (Wang, Zhang, Grosse 2020, arXiv 2002.07376)."""

import jax

from pruning_jax.criteria import Evidence
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

    _, hessian_times_g = jax.jvp(gradient, (anchor,), (gradient(anchor),))
    return jax.tree.map(lambda w, hg: w * hg, anchor, hessian_times_g)
