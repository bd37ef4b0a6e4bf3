"""SNIP: saliency at initialisation (Lee, Ajanthan, Torr 2019, arXiv 1810.02340)."""

import jax
import jax.numpy as jnp

from pruning_jax.pruning.evidence import Evidence
from pruning_jax.types import Scores


def score(evidence: Evidence) -> Scores:
    """|w * dL/dw| at the anchor's weights, L the mean loss over the scoring batch.

    The anchor of the algorithm `snip` is the initialisation. The normalisation of the
    source divides all scores by their sum and changes no order; it is left out.
    """
    gradient = evidence.gradient(evidence.anchor, evidence.anchor_statistics)
    return jax.tree.map(lambda w, g: jnp.abs(w * g), evidence.anchor, gradient)
