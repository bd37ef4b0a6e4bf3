"""Fine-tuning (Han et al. 2015, arXiv 1506.02626)."""

import jax.numpy as jnp

from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training.replica import Replica
from pruning_jax.training.state import TrainState


def rewind(recipe: Recipe, replica: Replica) -> TrainState:
    """The trained weights and BatchNorm's statistics, at the end of the schedule.

    There the learning rate stays at its last value.
    """
    return replica.state._replace(step=jnp.asarray(recipe.steps, jnp.int32))
