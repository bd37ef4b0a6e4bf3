"""Weight decay, which the optimizers share."""

import optax

from pruning_jax.experiment.recipe import Recipe


def decay(recipe: Recipe) -> optax.GradientTransformation:
    """Adds `weight_decay` times the parameters, all of them, as the reference implementation does
    (OpenLTH, Frankle 2020)."""
    if not recipe.weight_decay:
        return optax.identity()
    return optax.add_decayed_weights(recipe.weight_decay)
