"""Reinitialisation: the control of the lottery ticket (Frankle & Carbin 2019, arXiv 1803.03635)."""

from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training.replica import Replica
from pruning_jax.training.state import TrainState, create
from pruning_jax.training.streams import Stream


def rewind(recipe: Recipe, replica: Replica) -> TrainState:
    """New weights, drawn from the replica's key, at the anchor's learning-rate position."""
    new = create(recipe, replica.key, Stream.REINITIALISATION)
    return new._replace(step=replica.anchor.step)
