"""Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv 1711.05101)."""

import optax

from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training.decay import decay


def optimizer(recipe: Recipe) -> optax.GradientTransformation:
    """Adam's direction for the gradient, to which weight decay is added afterwards."""
    return optax.chain(optax.scale_by_adam(nesterov=recipe.nesterov), decay(recipe))
