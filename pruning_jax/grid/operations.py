"""What a step of training has to do: operations and bytes, counted in the program that is traced
and lowered for it, and never compiled."""

import dataclasses
import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp

from pruning_jax.experiment.recipe import Engine, Recipe
from pruning_jax.models.build import build
from pruning_jax.training import evaluation, fit, state
from pruning_jax.training.examples import Batch, Images
from pruning_jax.training.replica import Replica, fresh


class Count(NamedTuple):
    """What a program does."""

    operations: float  # on floating-point numbers
    bytes: float  # read and written, before XLA fuses anything
    instructions: int  # of which it consists


def convolutional(recipe: Recipe) -> bool:
    """Whether the network of a recipe has convolutions."""
    return any(leaf.ndim == 4 for leaf in jax.tree.leaves(state.shapes(recipe).params))


def step(recipe: Recipe) -> Count:
    """One training step of one replica, on one batch."""
    whole = _step(_plain(recipe, 1.0))
    return whole if recipe.width == 1 else _scaled(whole, recipe)


def forward(recipe: Recipe) -> Count:
    """The evaluation of as many examples as a batch has."""
    whole = _forward(_plain(recipe, 1.0))
    return whole if recipe.width == 1 else _scaled(whole, recipe)


def _plain(recipe: Recipe, width: float) -> Recipe:
    """The recipe without what changes nothing in a step, so that few programs are lowered."""
    return dataclasses.replace(
        recipe,
        width=width,
        epochs=1,
        schedule="constant",
        milestones=(),
        warmup_epochs=0.0,
        train_size=recipe.batch_size,
        engine=Engine(convolution=recipe.engine.convolution),
    )


def _scaled(whole: Count, recipe: Recipe) -> Count:
    """The count of another width.

    Operations are proportional to the prunable weights. So are the bytes of linear layers; those of
    convolutions are proportional to the activations.
    """
    one, own = _plain(recipe, 1.0), _plain(recipe, recipe.width)
    weights = state.weights_total(own) / state.weights_total(one)
    moved = activations(own) / activations(one) if convolutional(recipe) else weights
    return whole._replace(operations=whole.operations * weights, bytes=whole.bytes * moved)


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


def shapes(recipe: Recipe) -> tuple[Replica, Batch, Images]:
    """The shapes of a replica, of a batch and of the images."""

    def made() -> tuple[Replica, Batch, Images]:
        key, n = jax.random.key(0), recipe.batch_size
        new, mask = fresh(recipe, jax.random.key(0))
        pixels = jnp.zeros((n, *recipe.image_shape), jnp.uint8)
        places, channels = jnp.zeros(n, jnp.int32), jnp.ones(recipe.image_shape[-1])
        replica = Replica(key, places, places, new, mask, new)
        return replica, Batch(pixels, places, places, places == 0), Images(None, channels, channels)

    return jax.eval_shape(made)


@functools.cache
def _step(recipe: Recipe) -> Count:
    replica, batch, images = shapes(recipe)
    key = jax.eval_shape(lambda: jax.random.key(0))
    lowered = jax.jit(functools.partial(fit.step, recipe)).lower(replica, batch, key, images)
    return _counted(lowered)


@functools.cache
def _forward(recipe: Recipe) -> Count:
    replica, batch, images = shapes(recipe)
    evaluate = functools.partial(evaluation.outcome, recipe)
    return _counted(jax.jit(evaluate).lower(replica, batch.images, batch.labels, images))


def _counted(lowered: jax.stages.Lowered) -> Count:
    """The count of a lowered program. A backend that gives no analysis counts nothing."""
    analysis = lowered.cost_analysis() or {}
    counts = analysis[0] if isinstance(analysis, list) else analysis
    instructions = lowered.as_text().count(" = ")
    return Count(
        float(counts.get("flops", 0)), float(counts.get("bytes accessed", 0)), instructions
    )
