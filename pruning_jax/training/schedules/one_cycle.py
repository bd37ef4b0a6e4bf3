"""A learning rate that rises and falls once (Smith & Topin 2018, arXiv 1708.07120)."""

import optax

from pruning_jax.experiment.recipe import Recipe


def schedule(recipe: Recipe) -> optax.Schedule:
    """Up to `learning_rate` and down again, both along cosines."""
    return optax.cosine_onecycle_schedule(recipe.steps, recipe.learning_rate)
