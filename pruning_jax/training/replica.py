"""One replica: a cell of the grid as one slice of a stacked computation."""

from typing import NamedTuple

from jaxtyping import Array, Int

from pruning_jax import masks
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training.state import TrainState, create
from pruning_jax.types import Mask, PRNGKey


class Replica(NamedTuple):
    """What one network has of its own; with a first axis more, what many networks have.

    Everything that is compiled is a function of one replica. Its images are not among it: all
    replicas share them.
    """

    key: PRNGKey  # the root key of its seed, from which everything random of it is drawn
    labels: Int[Array, " n"]  # of all examples, as given, so possibly noisy
    used: Int[Array, " train_size"]  # the places of the examples that it is trained on
    state: TrainState
    mask: Mask
    anchor: TrainState  # the state that the next round is rewound to; of no use in training


def fresh(recipe: Recipe, key: PRNGKey) -> tuple[TrainState, Mask]:
    """The state at step 0 and the dense mask of the seed with the root `key`."""
    state = create(recipe, key)
    return state, masks.dense(state.params)
