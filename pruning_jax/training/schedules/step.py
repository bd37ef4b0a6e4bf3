"""A learning rate that falls at milestones."""

import optax

from pruning_jax.experiment.recipe import Recipe


def schedule(recipe: Recipe) -> optax.Schedule:
    """`learning_rate`, multiplied by `decay_factor` at the beginning of each epoch of
    `milestones`."""
    at = [epoch * recipe.steps_per_epoch for epoch in recipe.milestones]
    factors = dict.fromkeys(at, recipe.decay_factor)
    return optax.piecewise_constant_schedule(recipe.learning_rate, factors)
