"""The laws of what a network gives: of its logits, its gradient and the statistics of BatchNorm."""

import functools
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from pruning_jax import masks
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.testing import tiny
from pruning_jax.testing.comparing import close, same
from pruning_jax.testing.laws import explained, law, program
from pruning_jax.training import network
from pruning_jax.training.state import TrainState
from pruning_jax.types import Params, Statistics

Logits: TypeAlias = Float[Array, "n k"]

WHAT = "The network of build(recipe)"


def logits(
    recipe: Recipe,
    params: Params,
    of: TrainState,
    images: Float[Array, "n h w c"],
    valid: Array | None,
    *,
    train: bool,
) -> tuple[Logits, Statistics]:
    """The logits of a dense network, and the statistics of BatchNorm."""
    dense = masks.dense(params)
    return network.logits(recipe, params, dense, of.statistics, images, valid, train=train)


Trained: TypeAlias = tuple[Float[Array, "3 n k"], Statistics]
"""Logits and statistics in training mode, for the three batches of `_batches`."""


class Passes(NamedTuple):
    """What a network gives."""

    gradient: Params  # of the logits' sum of squares, in evaluation mode, where weights are pruned
    trained: Trained


def _batches(images: Float[Array, "n h w c"]) -> tuple[Array, Array]:
    """Three batches [3, n, h, w, c], and which of their images are examples, bool [3, n].

    Their first halves are the same examples. The second halves are padding, other padding, and
    those examples again, with which the moments of a batch are as without padding.
    """
    n = images.shape[0] // 2
    again = jnp.concatenate([images[:n], images[:n]])
    first = jnp.arange(2 * n) < n
    valid = jnp.stack([first, first, jnp.ones(2 * n, bool)])
    return jnp.stack([images, images.at[n:].multiply(-3), again]), valid


def _passes(recipe: Recipe, new: TrainState, images: Float[Array, "n h w c"]) -> Passes:
    mask = tiny.random_mask(new.params, jax.random.key(1))

    def loss(params: Params) -> Float[Array, ""]:
        return jnp.sum(network.logits(recipe, params, mask, new.statistics, images)[0] ** 2)

    def train(batch: tuple[Array, Array]) -> tuple[Logits, Statistics]:
        return logits(recipe, new.params, new, *batch, train=True)

    return Passes(jax.grad(loss)(new.params), jax.lax.map(train, _batches(images)))


def _same_program(function: Callable[..., PyTree], *arguments: PyTree) -> bool:
    """Whether a function is the same program, with the same numbers in it, each time it is traced.

    To compile a large network twice would take long.
    """
    one, other = (
        explained(jax.make_jaxpr(functools.partial(function)), WHAT, *arguments) for _ in range(2)
    )
    return str(one) == str(other) and same(one.consts, other.consts)


def check_passes(recipe: Recipe, new: TrainState, images: Float[Array, "n h w c"]) -> None:
    """Padding has no effect, every parameter has one, pruned weights have none."""
    passes = functools.partial(_passes, recipe)
    law(
        _same_program(passes, new, images),
        f"{WHAT} gives other logits for the same images; nothing in it may be random, so that a "
        "run can be repeated.",
    )
    found = program(passes, WHAT)(new, images)
    _check_padding(found.trained)
    gradient = masks.named(jax.device_get(found.gradient))
    idle = [path for path, leaf in gradient.items() if not np.any(leaf)]
    law(
        not idle,
        f"The parameters {', '.join(idle)} have no effect on the logits; they would be counted as "
        "weights and never be trained.",
    )
    mask = masks.named(jax.device_get(tiny.random_mask(new.params, jax.random.key(1))))
    law(
        not any(np.any(np.where(alive, 0, gradient[path])) for path, alive in mask.items()),
        "The gradient of a pruned weight is not 0.",
    )


def _check_padding(trained: Trained) -> None:
    """Padding changes neither the logits of the examples nor BatchNorm's statistics."""
    n = trained[0].shape[1] // 2
    padded, *others = (
        (trained[0][i, :n], jax.tree.map(lambda leaf, i=i: leaf[i], trained[1])) for i in range(3)
    )
    for other, what in zip(others, ("other padding", "no padding"), strict=True):
        law(
            close(padded, other, 1e-3),  # normalisations magnify what is rounded
            f"{WHAT} gives examples other logits, or BatchNorm other statistics, if a batch has "
            f"{what} beside them. Pass `valid` (True for examples, False for padding) on to every "
            "normalisation over the batch: pruning_jax.models.layers.norm(x, train, valid).",
        )
