"""Stochastic gradient descent, with momentum (Nesterov's on request) and weight decay."""

import optax

from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training.decay import decay


def optimizer(recipe: Recipe) -> optax.GradientTransformation:
    """Heavy-ball or Nesterov momentum on the gradient, to which weight decay has been added."""
    if not recipe.momentum:
        return optax.chain(decay(recipe), optax.identity())
    return optax.chain(decay(recipe), optax.trace(recipe.momentum, recipe.nesterov))
