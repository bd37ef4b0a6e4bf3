"""What a pruning criterion may look at, and what its scores must be."""

from collections.abc import Callable
from typing import NamedTuple

import jax
from jaxtyping import Array, Float, PyTree

from pruning_jax import errors
from pruning_jax.types import Mask, Params, PRNGKey, Statistics


class Evidence(NamedTuple):
    """Everything that a criterion may look at. What it does not use costs nothing.

    `gradient(params)` is the gradient of the mean cross-entropy over the fixed scoring batch,
    under the mask and with BatchNorm in evaluation mode. BatchNorm's statistics are those of
    training, unless `gradient(params, statistics)` names others. `logits(params, images,
    statistics)` is the masked network in evaluation mode.

    >>> def score(evidence):  # a criterion: weights with a small gradient are pruned
    ...     return jax.tree.map(abs, evidence.gradient(evidence.weights))
    """

    weights: Params  # as trained; zero where they are pruned
    anchor: Params  # the parameters of the state that is rewound to
    mask: Mask
    gradient: Callable[..., Params]
    logits: Callable[[Params, Float[Array, "n h w c"], Statistics], Float[Array, "n k"]]
    statistics: Statistics  # of BatchNorm, as trained
    anchor_statistics: Statistics
    images: Float[Array, "n h w c"]  # the fixed scoring batch, normalised
    key: PRNGKey  # of this seed and round


def check(name: str, scores: PyTree, params: Params) -> None:
    """Checks that scores have the structure and the shapes of the parameters.

    Raises:
      WrongUse: they do not.
    """
    expected, got = jax.tree.structure(params), jax.tree.structure(scores)
    errors.require(
        expected == got,
        f"criterion {name!r} gives scores of the structure {got}, the parameters have {expected}",
    )
    shapes = zip(jax.tree_util.tree_leaves_with_path(params), jax.tree.leaves(scores), strict=True)
    for (path, leaf), score in shapes:
        errors.require(
            getattr(score, "shape", None) == leaf.shape,
            f"criterion {name!r} gives scores of shape {getattr(score, 'shape', None)} "
            f"for {jax.tree_util.keystr(path)}, which has shape {leaf.shape}",
        )
