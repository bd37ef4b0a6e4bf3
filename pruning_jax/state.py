"""TrainState, and what a recipe makes of it: initialisation, optimizer, learning rate."""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from pruning_jax import checks, masks, models
from pruning_jax.config import Recipe
from pruning_jax.streams import Stream, stream
from pruning_jax.types import Params, PRNGKey


class TrainState(NamedTuple):
    """What a step changes: the clock, the parameters, BatchNorm's statistics, the optimizer."""

    step: Any  # int32 []: the one clock, the position in the learning-rate schedule
    params: Any
    statistics: Any
    optimizer: Any


def create(recipe: Recipe, key: PRNGKey, purpose: Stream = Stream.INITIALISATION) -> TrainState:
    """The state of step 0, drawn from the seed's root `key`."""
    images = jnp.zeros((1, *recipe.image_shape))
    variables = models.build(recipe).init(stream(key, purpose), images)
    return start(recipe, variables["params"], variables.get("batch_stats", {}), 0)


@functools.cache
def shapes(recipe: Recipe) -> TrainState:
    """The shapes of a recipe's state, without computing it."""
    return jax.eval_shape(lambda: create(recipe, jax.random.key(0)))


def weights_total(recipe: Recipe) -> int:
    """The number of prunable weights of a recipe's network."""
    return masks.total(jax.eval_shape(masks.dense, shapes(recipe).params))


def start(
    recipe: Recipe, params: Params, statistics: Any, step: int | Int[Array, ""]
) -> TrainState:
    """A state at `step` with a fresh optimizer."""
    return TrainState(
        jnp.asarray(step, jnp.int32), params, statistics, direction(recipe).init(params)
    )


OPTIMIZERS = ("sgd", "adam", "adamw")


def direction(recipe: Recipe) -> optax.GradientTransformation:
    """The optimizer without its learning rate, which is a function of the clock.

    Weight decay is part of the gradient for SGD and Adam and decoupled for AdamW
    (Loshchilov & Hutter 2019, arXiv 1711.05101); it acts on all parameters.
    """
    checks.one_of("optimizer", recipe.optimizer, OPTIMIZERS)
    decay = (
        optax.add_decayed_weights(recipe.weight_decay) if recipe.weight_decay else optax.identity()
    )
    if recipe.optimizer == "sgd":
        momentum = (
            optax.trace(recipe.momentum, recipe.nesterov) if recipe.momentum else optax.identity()
        )
        return optax.chain(decay, momentum)
    adam = optax.scale_by_adam(nesterov=recipe.nesterov)
    return optax.chain(decay, adam) if recipe.optimizer == "adam" else optax.chain(adam, decay)


SCHEDULES = ("constant", "step", "cosine", "one_cycle")


def _schedule(recipe: Recipe) -> optax.Schedule:
    peak, steps = recipe.learning_rate, recipe.steps
    if recipe.schedule == "step":
        at = [epoch * recipe.steps_per_epoch for epoch in recipe.milestones]
        return optax.piecewise_constant_schedule(peak, dict.fromkeys(at, recipe.decay_factor))
    if recipe.schedule == "cosine":
        return optax.cosine_decay_schedule(peak, steps)
    if recipe.schedule == "one_cycle":
        return optax.cosine_onecycle_schedule(steps, peak)
    checks.one_of("schedule", recipe.schedule, SCHEDULES)
    return optax.constant_schedule(peak)


def learning_rate(recipe: Recipe, step: int | Int[Array, ""]) -> Float[Array, ""]:
    """The learning rate of the update from `step` to `step + 1`.

    Beyond the schedule's end it stays at the rate of the last step: fine-tuning.
    """
    step = jnp.minimum(step, recipe.steps - 1)
    rate = jnp.asarray(_schedule(recipe)(step), jnp.float32)
    if not recipe.warmup_epochs:
        return rate
    steps = max(1, round(recipe.warmup_epochs * recipe.steps_per_epoch))
    return rate * optax.linear_schedule(0.0, 1.0, steps)(step)


def update(recipe: Recipe, state: TrainState, gradient: Params, statistics: Any) -> TrainState:
    """The state one step on."""
    rate = learning_rate(recipe, state.step)
    directions, optimizer = direction(recipe).update(gradient, state.optimizer, state.params)
    params = jax.tree.map(lambda p, d: p - rate * d, state.params, directions)
    return TrainState(state.step + 1, params, statistics, optimizer)
