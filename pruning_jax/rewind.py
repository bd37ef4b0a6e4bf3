"""How a round starts: pure functions from the anchor and the trained state to a new one.

The anchor is the state of round 0 at the step that is rewound to. Every public function
of this module is a rewind, known by its name. All renew the optimizer; the weights under
the mask are set to 0 once, here, and stay 0.
"""

import inspect
from collections.abc import Callable

from pruning_jax import masks
from pruning_jax.config import Recipe
from pruning_jax.state import TrainState, create, start
from pruning_jax.streams import Stream
from pruning_jax.types import Mask, PRNGKey


def weights(
    recipe: Recipe, anchor: TrainState, trained: TrainState, mask: Mask, key: PRNGKey
) -> TrainState:
    """Weights, BatchNorm statistics and learning-rate position of the anchor.

    To step 0: the lottery ticket (Frankle & Carbin 2019, arXiv 1803.03635); to a later
    step: weight rewinding (Frankle et al. 2020, arXiv 1912.05671).
    """
    return start(recipe, masks.apply(mask, anchor.params), anchor.statistics, anchor.step)


def learning_rate(
    recipe: Recipe, anchor: TrainState, trained: TrainState, mask: Mask, key: PRNGKey
) -> TrainState:
    """The trained weights and BatchNorm statistics, at the anchor's learning-rate position.

    Learning-rate rewinding (Renda, Frankle, Carbin 2020, arXiv 2003.02389).
    """
    return start(recipe, masks.apply(mask, trained.params), trained.statistics, anchor.step)


def finetune(
    recipe: Recipe, anchor: TrainState, trained: TrainState, mask: Mask, key: PRNGKey
) -> TrainState:
    """The trained weights and BatchNorm statistics, at the schedule's last learning rate.

    Han et al. 2015, arXiv 1506.02626; for as many steps as rewinding to the anchor takes.
    """
    return start(recipe, masks.apply(mask, trained.params), trained.statistics, recipe.steps)


def reinit(
    recipe: Recipe, anchor: TrainState, trained: TrainState, mask: Mask, key: PRNGKey
) -> TrainState:
    """A new initialisation, drawn from `key`, at the anchor's learning-rate position."""
    new = create(recipe, key, Stream.REINITIALISATION)
    return start(recipe, masks.apply(mask, new.params), new.statistics, anchor.step)


REWINDS: dict[str, Callable[..., TrainState]] = {
    name: function
    for name, function in dict(globals()).items()
    if inspect.isfunction(function) and function.__module__ == __name__
}
"""The rewinds by name: every function above."""
