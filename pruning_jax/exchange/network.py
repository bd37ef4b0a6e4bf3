"""A pruned network by itself: its arrays, how it computes, where it comes from."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import traverse_util

from pruning_jax import masks
from pruning_jax.errors import require
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.files import Arrays
from pruning_jax.training import state
from pruning_jax.types import Mask, Params, Statistics

PARTS = ("params", "mask", "statistics")
"""The trees of a network, as a file names them."""

LISTED = 3  # arrays that a message names one by one


class PrunedNetwork(NamedTuple):
    """A pruned network, with its arrays in memory as NumPy has them.

    `pruning_jax.training.network.logits(recipe, params, mask, statistics, images)` is what it
    computes.
    """

    recipe: Recipe  # the model, its width, the shape of an image, the number of classes
    params: Params  # 0 where the mask is False
    mask: Mask
    statistics: Statistics
    # Where it comes from, as JSON: the data set, the cell, the round, the density, ...
    about: dict[str, Any]

    def __repr__(self) -> str:
        kept, total = int(masks.remaining(self.mask)), masks.total(self.mask)
        return f"PrunedNetwork({self.recipe.model}: {kept:,} of {total:,} weights)"


def made(recipe: Recipe, arrays: Mapping[str, Arrays], about: dict[str, Any]) -> PrunedNetwork:
    """The network of some arrays.

    Args:
      recipe: what it is a network of.
      arrays: for each of PARTS the arrays by their paths, such as `Dense_0/kernel`. Those of the
        mask are of type bool, and there is one for each prunable array of the parameters.

    Raises:
      WrongUse: they are not those of such a network.
    """
    params, mask, statistics = (arrays[part] for part in PARTS)
    kernels = {path: leaf.shape for path, leaf in params.items() if is_prunable(path)}
    same("the mask", {path: leaf.shape for path, leaf in mask.items()}, kernels)
    for path, leaf in mask.items():
        require(leaf.dtype == bool, f"the mask of {path} is of type {leaf.dtype}, not bool")
    if ":" not in recipe.model:  # what a file names may not make us import a module of the user's
        for (part, expected), own in zip(shapes(recipe).items(), (params, statistics), strict=True):
            same(f"the {part}", {path: leaf.shape for path, leaf in own.items()}, expected)
    for path, leaf in {**params, **statistics}.items():
        fine = jnp.issubdtype(leaf.dtype, jnp.floating)
        require(fine, f"{path} is of type {leaf.dtype}, which has no fractions")
    masked = {path: np.where(mask[path], p, 0) if path in mask else p for path, p in params.items()}
    return PrunedNetwork(
        recipe,
        tree({path: leaf.astype(np.float32) for path, leaf in masked.items()}),
        tree({path: mask.get(path) for path in params}),
        tree({path: leaf.astype(np.float32) for path, leaf in statistics.items()}),
        about,
    )


def flat(network: PrunedNetwork) -> dict[str, Arrays]:
    """For each of PARTS the arrays of a network by their paths."""
    trees = {part: jax.device_get(getattr(network, part)) for part in PARTS}
    named = {part: masks.named(tree) for part, tree in trees.items()}
    return {p: {n: np.asarray(leaf) for n, leaf in own.items()} for p, own in named.items()}


def shapes(recipe: Recipe) -> dict[str, dict[str, tuple[int, ...]]]:
    """The shapes of the "parameters" and the "BatchNorm statistics" of a network, by path.

    Raises:
      WrongUse: the recipe does not say enough.
    """
    require(
        len(recipe.image_shape) == 3 and recipe.num_classes > 0,
        "the recipe does not say image_shape=(height, width, channels) and num_classes",
    )
    known = state.shapes(recipe)
    trees = {"parameters": known.params, "BatchNorm statistics": known.statistics}
    return {
        part: {path: leaf.shape for path, leaf in masks.named(tree).items()}
        for part, tree in trees.items()
    }


def same(
    what: str, found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]]
) -> None:
    """Checks that arrays have the names and the shapes that are expected.

    Raises:
      WrongUse: one is missing, is there in vain, or has another shape; the line names the first.
    """
    missing, extra = sorted({*expected} - {*found}), sorted({*found} - {*expected})
    besides = f"; {_first(extra)} is there in vain" if extra else ""
    require(not missing, f"{what}: {_first(missing)} is missing{besides}")
    require(not extra, f"{what}: {_first(extra)} is there in vain")
    for name, shape in found.items():
        require(
            shape == expected[name],
            f"{what}: {name} has the shape {shape}, expected is {expected[name]}",
        )


def tree(arrays: Mapping[str, Any]) -> Any:
    """The nested dict of arrays that are named by their paths."""
    return traverse_util.unflatten_dict(dict(arrays), sep="/")


def is_prunable(path: str) -> bool:
    """Whether an array is of weights that can be pruned, by its path."""
    return path.rpartition("/")[2] == masks.PRUNABLE


def _first(names: list[str]) -> str:
    """The first few of many names, and how many more there are."""
    more = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {more} more" if more > 0 else "")
