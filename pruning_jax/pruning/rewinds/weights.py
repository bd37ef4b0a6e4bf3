"""Rewinding the weights.

To step 0 it gives the lottery ticket (Frankle & Carbin 2019, arXiv 1803.03635), to a later
step it is weight rewinding (Frankle et al. 2020, arXiv 1912.05671).
"""

from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training.replica import Replica
from pruning_jax.training.state import TrainState


def rewind(recipe: Recipe, replica: Replica) -> TrainState:
    """The weights, BatchNorm's statistics and the learning-rate position of the anchor."""
    return replica.anchor
