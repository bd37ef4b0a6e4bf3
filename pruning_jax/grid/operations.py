"""What a step of training has to do: operations and bytes, counted in the program that is traced
and lowered for it, and never compiled."""

import dataclasses
import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import PyTree

from pruning_jax import masks
from pruning_jax.errors import WrongUse
from pruning_jax.experiment.recipe import Engine, Recipe
from pruning_jax.models.build import build
from pruning_jax.training import evaluation, fit, state
from pruning_jax.training.examples import Batch, Images
from pruning_jax.training.replica import Replica
from pruning_jax.training.state import TrainState


class Count(NamedTuple):
    """What a program does, as it is written: XLA may fuse and reorder it afterwards."""

    operations: float  # on floating-point numbers
    bytes: float  # of all operands and results
    instructions: float


def counted(function: Callable[..., PyTree], *arguments: PyTree) -> Count:
    """The count of a function of arrays, or of their shapes and types.

    A loop inside it counts once, however often it turns: count one step, not an epoch. The program
    is lowered for a CPU, whatever will run it, because the plugins of accelerators count nothing
    before they compile.

    Raises:
      WrongUse: JAX may not use the CPU.

    >>> square = jax.ShapeDtypeStruct((10, 10), jnp.float32)
    >>> counted(jnp.matmul, square, square).operations
    2000.0
    """
    try:
        cpu = jax.devices("cpu")[0]
    except RuntimeError as error:
        raise WrongUse(
            "the time cannot be estimated because JAX_PLATFORMS keeps JAX from using the CPU; add "
            "cpu to it, as in JAX_PLATFORMS=cuda,cpu"
        ) from error
    with jax.default_device(cpu):
        lowered = jax.jit(function).lower(*arguments)
        analysis = lowered.cost_analysis() or {}
    instructions = lowered.as_text().count(" = ")
    return Count(analysis["flops"], analysis["bytes accessed"], instructions)


def convolutional(recipe: Recipe) -> bool:
    """Whether the network of a recipe has convolutions."""
    return any(leaf.ndim == 4 for leaf in jax.tree.leaves(state.shapes(recipe).params))


def step(recipe: Recipe) -> Count:
    """One training step of one replica."""
    return _at_width(_step, recipe)


def forward(recipe: Recipe) -> Count:
    """The evaluation of as many examples as a batch has."""
    return _at_width(_forward, recipe)


def _at_width(count: Callable[[Recipe], Count], recipe: Recipe) -> Count:
    """A count for a recipe; for a narrower or wider network with convolutions it follows from the
    count at width 1, because lowering a deep network takes a second or more.

    Its operations are proportional to the weights, and its bytes to the activations.
    """
    own, standard = _plain(recipe, recipe.width), _plain(recipe, 1.0)
    if own == standard or not convolutional(own):
        return count(own)
    whole = count(standard)
    weights = state.weights_total(own) / state.weights_total(standard)
    moved = activations(own) / activations(standard)
    return whole._replace(operations=whole.operations * weights, bytes=whole.bytes * moved)


def _plain(recipe: Recipe, width: float) -> Recipe:
    """The recipe at another width, without what hardly changes a step."""
    engine = Engine(convolution=recipe.engine.convolution)
    return dataclasses.replace(state.plain(recipe), width=width, engine=engine)


@functools.cache
def _step(recipe: Recipe) -> Count:
    replica, batch, images = shapes(recipe)
    return counted(functools.partial(fit.step, recipe), replica, batch, replica.key, images)


@functools.cache
def _forward(recipe: Recipe) -> Count:
    replica, batch, images = shapes(recipe)
    evaluate = functools.partial(evaluation.outcome, recipe)
    return counted(evaluate, replica, batch.images, batch.labels, images)


def shapes(recipe: Recipe) -> tuple[Replica, Batch, Images]:
    """The shapes and types of a replica, of a batch, and of what normalises images."""

    def made(now: TrainState) -> tuple[Replica, Batch, Images]:
        n, key = recipe.batch_size, jax.random.key(0)
        places, channels = jnp.zeros(n, jnp.int32), jnp.ones(recipe.image_shape[-1])
        pixels = jnp.zeros((n, *recipe.image_shape), jnp.uint8)
        replica = Replica(key, places, places, now, masks.dense(now.params), now)
        return replica, Batch(pixels, places, places, places == 0), Images(None, channels, channels)

    return jax.eval_shape(made, state.shapes(recipe))


@functools.cache
def activations(recipe: Recipe) -> int:
    """The bytes of the activations of a batch, which a step has to keep for its gradient."""
    one = state.shapes(recipe)
    kind = jnp.bfloat16 if recipe.precision == "bfloat16" else jnp.float32
    _, kept = jax.eval_shape(
        lambda v, x: build(recipe).apply(v, x, capture_intermediates=True, mutable=True),
        {"params": one.params, "batch_stats": one.statistics},
        jax.ShapeDtypeStruct((recipe.batch_size, *recipe.image_shape), kind),
    )
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(kept["intermediates"]))
