"""Pruning criteria: one file each, with the one function `score(evidence)`.

A score has the structure and the shapes of the parameters; the lowest go. A new
criterion is a new file here, or a function elsewhere named as `module:function`.
"""

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
from jaxtyping import Array, Float

from pruning_jax import checks
from pruning_jax.types import Mask, Params, PRNGKey, Scores


class Evidence(NamedTuple):
    """All that a criterion may look at. What it does not use costs nothing.

    `gradient(params)` is the gradient of the mean cross-entropy over the fixed scoring
    batch, under the mask and with BatchNorm in evaluation mode; its statistics are those of
    training unless `gradient(params, statistics)` names others. `logits(params, images,
    statistics)` is the masked network in evaluation mode. Statistics are an empty dict for
    a network without BatchNorm.
    """

    weights: Params  # as trained, zero under the mask
    anchor: Params  # the state that is rewound to
    mask: Mask
    gradient: Callable[..., Params]
    logits: Callable[[Params, Float[Array, "n h w c"], Any], Float[Array, "n k"]]
    statistics: Any  # of BatchNorm, as trained
    anchor_statistics: Any
    images: Array  # the fixed scoring batch, normalised [n, height, width, channels]
    key: PRNGKey  # of this seed and round


NAMES = tuple(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
"""The criteria: every file of this folder."""


def find(name: str) -> Callable[[Evidence], Scores]:
    """The scoring function of a criterion here, or of `module:function` elsewhere.

    Raises:
      WrongUse: there is none of that name.
    """
    if ":" not in name:
        checks.one_of("criterion", name, NAMES)
        return importlib.import_module(f"{__name__}.{name}").score
    module, _, function = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise checks.WrongUse(f"criterion {name!r} cannot be loaded: {error}") from error
    checks.require(callable(found), f"criterion {name!r} is {found!r}, not a function")
    return found


def check(name: str, scores: Any, params: Params) -> None:
    """Raises WrongUse unless `scores` have the structure and the shapes of `params`."""
    expected, got = jax.tree.structure(params), jax.tree.structure(scores)
    checks.require(
        expected == got,
        f"criterion {name!r} gives scores of the structure {got}, the parameters have {expected}",
    )
    shapes = zip(jax.tree_util.tree_leaves_with_path(params), jax.tree.leaves(scores), strict=True)
    for (path, leaf), score in shapes:
        checks.require(
            getattr(score, "shape", None) == leaf.shape,
            f"criterion {name!r} gives scores of shape {getattr(score, 'shape', None)} "
            f"for {jax.tree_util.keystr(path)}, which has shape {leaf.shape}",
        )
