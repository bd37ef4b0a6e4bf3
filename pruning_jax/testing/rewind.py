"""The laws of a rewind."""

import functools
from collections.abc import Callable
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from pruning_jax import masks, plugins
from pruning_jax.errors import WrongUse
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.pruning import restart
from pruning_jax.testing import tiny
from pruning_jax.testing.comparing import over_replicas, same
from pruning_jax.testing.laws import law, named, program, traced
from pruning_jax.training import state
from pruning_jax.training.replica import Replica
from pruning_jax.training.state import TrainState
from pruning_jax.types import Mask

Rewind: TypeAlias = Callable[[Recipe, Replica], TrainState]

WHAT = "rewind(recipe, replica)"


def check_rewind(rewind: str | Rewind) -> None:
    """Checks that a rewind keeps the laws that the program relies on.

    It returns a state of the network: parameters, BatchNorm's statistics and a step, of the shapes
    and types that they have in `replica.state`. The step lies in the schedule, or at its end, and
    is the same for all replicas. The state is a function of the replica alone, and of no moments of
    the optimizer. It can be compiled, and computed for replicas in turns and by jax.vmap. Weights
    that remain are numbers. When a round starts from it, pruned weights are exactly 0, all others
    are as the rewind gave them, and the optimizer is a fresh one.

    Args:
      rewind: the function, or its name: "weights", "my_module:rewind".

    Raises:
      AssertionError: it breaks a law; the message says which, and what to do.
      WrongUse: there is no rewind of that name.
    """
    name = named(plugins.REWINDS, rewind)
    function = plugins.REWINDS.find(name)
    one, other = (tiny.replica(tiny.RECIPE, seed) for seed in (0, 1))
    _check_shapes(name, function, one)
    rewound = program(functools.partial(function, tiny.RECIPE), WHAT)
    restarted = program(functools.partial(_restarted, name), WHAT)
    alone = [restarted(replica) for replica in (one, other)]
    law(
        same(alone[0], program(functools.partial(_restarted, name), WHAT)(one)),
        f"{WHAT} returns another state for the same replica; take every random number from "
        "jax.random with a key made of `replica.key`, as in jax.random.fold_in(replica.key, 1000), "
        "so that a run can be repeated and resumed.",
    )
    law(
        same(alone[0], restarted(_with_other_moments(one))),
        f"{WHAT} depends on what the optimizer keeps (replica.state.optimizer). Every round starts "
        "with a fresh optimizer: compute from params, statistics and step alone.",
    )
    _check_steps([int(new.step) for new, _ in alone])
    over_replicas(functools.partial(_restarted, name), [one, other], alone, WHAT)
    _check_start(rewound(one), *alone[0])


def _restarted(name: str, replica: Replica) -> tuple[TrainState, Mask]:
    """The state and the mask with which round 1 starts."""
    return restart.restart(tiny.RECIPE, (name,), False, replica, 0, 1)


def _check_shapes(name: str, function: Rewind, replica: Replica) -> None:
    """It returns a state of the network."""
    found = traced(functools.partial(function, tiny.RECIPE), replica, what=WHAT)
    law(
        isinstance(found, TrainState),
        f"{WHAT} returns {type(found).__name__}, not a TrainState; return replica.state, "
        "replica.anchor, or one of them changed: replica.state._replace(step=replica.anchor.step).",
    )
    try:
        jax.eval_shape(functools.partial(_restarted, name), replica)
    except WrongUse as error:
        raise AssertionError(
            f"{error}. Return arrays of the shapes and types that replica.state has; "
            "replica.state._replace(params=...) keeps all others."
        ) from error


def _with_other_moments(replica: Replica) -> Replica:
    """A replica, the optimizer of which keeps other numbers."""
    moments = jax.tree.map(lambda leaf: leaf + 1, replica.state.optimizer)
    return replica._replace(
        state=replica.state._replace(optimizer=moments),
        anchor=replica.anchor._replace(optimizer=moments),
    )


def _check_steps(steps: list[int]) -> None:
    """Rounds of all replicas start at one step of the schedule."""
    last = tiny.RECIPE.steps
    for step in steps:
        law(
            0 <= step <= last,
            f"{WHAT} returns step {step}, where a schedule has the steps 0 to {last - 1}, and "
            f"{last} is its end. The step decides the learning rate.",
        )
    law(
        len(set(steps)) == 1,
        f"{WHAT} returns the steps {steps} for two replicas of one recipe. Replicas are trained "
        "together, so that the step must follow from the recipe and from replica.anchor.step.",
    )


def _check_start(given: TrainState, new: TrainState, mask: Mask) -> None:
    """A round starts with the state that the rewind gave, masked, and with a fresh optimizer."""
    pairs = zip(masks.prunable(mask, new.params), jax.tree.leaves(mask), strict=True)
    pruned, remaining = zip(*((leaf[~m], leaf[m]) for leaf, m in pairs), strict=True)
    law(
        not any(np.isnan(leaf).any() for leaf in remaining),
        f"{WHAT} returns weights that are NaN for a network whose weights are numbers; do not "
        "divide by what can be 0, as a pruned weight is.",
    )
    law(
        all((leaf == 0).all() for leaf in pruned),
        "When a round starts, a pruned weight is not 0.",
    )
    masked = masks.apply(mask, given.params)
    law(
        same((new.params, new.statistics, new.step), (masked, given.statistics, given.step)),
        "When a round starts, something that remains is not as the rewind gave it.",
    )
    fresh = state.at_step(tiny.RECIPE, masked, given.statistics, jnp.asarray(given.step))
    law(
        same(new.optimizer, fresh.optimizer),
        "When a round starts, the optimizer is not a fresh one.",
    )
