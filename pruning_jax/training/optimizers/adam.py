"""Adam (Kingma & Ba 2015, arXiv 1412.6980) with weight decay in the gradient."""

import optax

from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training.decay import decay


def optimizer(recipe: Recipe) -> optax.GradientTransformation:
    """Adam's direction for the gradient, to which weight decay has been added."""
    return optax.chain(decay(recipe), optax.scale_by_adam(nesterov=recipe.nesterov))
