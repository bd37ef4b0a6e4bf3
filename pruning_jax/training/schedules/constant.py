"""A constant learning rate."""

import optax

from pruning_jax.experiment.recipe import Recipe


def schedule(recipe: Recipe) -> optax.Schedule:
    """The rate `learning_rate` in every step."""
    return optax.constant_schedule(recipe.learning_rate)
