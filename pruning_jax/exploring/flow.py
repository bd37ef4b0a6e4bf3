"""What flows through a network: which weights lie on a path from an input to an output."""

import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array

from pruning_jax import masks
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.models.build import build
from pruning_jax.training import state
from pruning_jax.types import Mask, Params

EXAMPLES = 8
"""Images of random positive pixels: pooling lets one place through, another one in each image."""


def effective(recipe: Recipe, mask: Mask) -> Mask:
    """The weights of a mask that lie on a path of remaining weights from an input to an output.

    The others change no output, whatever their value: the density that they leave is the effective
    one (Vysogorets & Kempe 2021, arXiv 2107.02306). Every weight is set to 1, biases to 0 and
    batch normalisation to the identity; then every path adds something positive to the sum of the
    outputs, and the derivative of this sum by a weight is positive exactly where a path goes
    through it. It is computed in float64, in which paths of all built-in networks can be counted.
    """
    with jax.enable_x64(True):
        return _effective(recipe, mask)


@functools.partial(jax.jit, static_argnums=0)
def _effective(recipe: Recipe, mask: Mask) -> Mask:
    shapes = state.shapes(recipe)
    params = jax.tree_util.tree_map_with_path(_neutral, shapes.params)
    statistics = jax.tree_util.tree_map_with_path(_neutral, shapes.statistics)
    shape = (EXAMPLES, *recipe.image_shape)
    images = jax.random.uniform(jax.random.key(0), shape, jnp.float64, 0.5, 1.0)

    def total(params: Params) -> Array:
        variables = {"params": masks.apply(mask, params)}
        if statistics:
            variables["batch_stats"] = statistics
        return jnp.sum(jnp.asarray(build(recipe).apply(variables, images, train=False)))

    slopes = masks.prunable(mask, jax.grad(total)(params))
    leaves, structure = jax.tree.flatten(mask)
    through = [kept & (slope > 0) for kept, slope in zip(leaves, slopes, strict=True)]
    return jax.tree.unflatten(structure, through)


def _neutral(path: tuple, leaf: jax.ShapeDtypeStruct) -> Array:
    """Ones for weights, and for what scales; zeros for what is added."""
    ones = path[-1].key in (masks.PRUNABLE, "scale", "var")
    return jnp.full(leaf.shape, 1.0 if ones else 0.0, jnp.float64)
