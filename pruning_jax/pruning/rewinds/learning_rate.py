"""Learning-rate rewinding (Renda, Frankle, Carbin 2020, arXiv 2003.02389)."""

from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training.replica import Replica
from pruning_jax.training.state import TrainState


def rewind(recipe: Recipe, replica: Replica) -> TrainState:
    """The trained weights and BatchNorm's statistics, at the anchor's learning-rate position."""
    return replica.state._replace(step=replica.anchor.step)
