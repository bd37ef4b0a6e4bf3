"""TrainState: what a step of training changes, and how it changes it."""

import functools
from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from pruning_jax import masks, plugins
from pruning_jax.experiment.recipe import Engine, Recipe
from pruning_jax.models.build import build
from pruning_jax.training.streams import Stream, stream
from pruning_jax.types import Params, PRNGKey, Statistics


class TrainState(NamedTuple):
    """What a step changes."""

    step: Int[Array, ""]  # the one clock: the position in the learning-rate schedule
    params: Params
    statistics: Statistics
    optimizer: optax.OptState


def create(recipe: Recipe, key: PRNGKey, purpose: Stream = Stream.INITIALISATION) -> TrainState:
    """The state at step 0, whose weights are drawn from the seed's root `key`."""
    images = jnp.zeros((1, *recipe.image_shape))
    variables = build(recipe).init(stream(key, purpose), images)
    return at_step(recipe, variables["params"], variables.get("batch_stats", {}), 0)


def shapes(recipe: Recipe) -> TrainState:
    """The shapes and types of a recipe's state; nothing is computed."""
    return _shapes(plain(recipe))


@functools.cache
def _shapes(recipe: Recipe) -> TrainState:
    return jax.eval_shape(lambda: create(recipe, jax.random.key(0)))


def plain(recipe: Recipe) -> Recipe:
    """The recipe without what changes no shape and hardly the work of a step, so that recipes which
    differ in nothing else are traced once."""
    return replace(
        recipe,
        epochs=1,
        schedule="constant",
        milestones=(),
        warmup_epochs=0.0,
        train_size=recipe.batch_size,
        engine=Engine(),
    )


def weights_total(recipe: Recipe) -> int:
    """The number of prunable weights of a recipe's network."""
    return masks.total(jax.eval_shape(masks.dense, shapes(recipe).params))


def at_step(
    recipe: Recipe, params: Params, statistics: Statistics, step: int | Int[Array, ""]
) -> TrainState:
    """A state at `step` of the schedule, with a fresh optimizer."""
    fresh = direction(recipe).init(params)
    return TrainState(jnp.asarray(step, jnp.int32), params, statistics, fresh)


def direction(recipe: Recipe) -> optax.GradientTransformation:
    """The optimizer without its learning rate, which is a function of the state's clock."""
    return plugins.OPTIMIZERS.find(recipe.optimizer)(recipe)


def learning_rate(recipe: Recipe, step: int | Int[Array, ""]) -> Float[Array, ""]:
    """The learning rate of the update from `step` to `step + 1`.

    Beyond the schedule's end it stays at the rate of the last step, which is what fine-tuning
    uses.
    """
    step = jnp.minimum(step, recipe.steps - 1)
    schedule = plugins.SCHEDULES.find(recipe.schedule)(recipe)
    rate = jnp.asarray(schedule(step), jnp.float32)
    if not recipe.warmup_epochs:
        return rate
    steps = max(1, round(recipe.warmup_epochs * recipe.steps_per_epoch))
    return rate * optax.linear_schedule(0.0, 1.0, steps)(step)


def update(
    recipe: Recipe, state: TrainState, gradient: Params, statistics: Statistics
) -> TrainState:
    """The state one step later."""
    rate = learning_rate(recipe, state.step)
    directions, optimizer = direction(recipe).update(gradient, state.optimizer, state.params)
    params = jax.tree.map(lambda p, d: p - rate * d, state.params, directions)
    return TrainState(state.step + 1, params, statistics, optimizer)
