"""A learning rate that falls along a cosine (Loshchilov & Hutter 2017, arXiv 1608.03983)."""

import optax

from pruning_jax.experiment.recipe import Recipe


def schedule(recipe: Recipe) -> optax.Schedule:
    """Half a cosine from `learning_rate` in the first step to almost 0 in the last one."""
    return optax.cosine_decay_schedule(recipe.learning_rate, recipe.steps)
