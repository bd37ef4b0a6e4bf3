"""Where rounds begin, as hashes of states: what a sceptic needs to see that a rewind happened."""

from collections.abc import Iterable
from typing import NamedTuple

import jax
import numpy as np

from pruning_jax import masks
from pruning_jax.training import processes
from pruning_jax.training.state import TrainState
from pruning_jax.types import Mask, Params
from pruning_jax.workdir.manifest import Leaves, sum_of_leaf


class Origin(NamedTuple):
    """Where a round of one replica begins, see `manifest.States`."""

    start: Leaves
    anchor: Leaves
    last: Leaves


def hashes(state: TrainState, *, optimizer: bool = False) -> list[Leaves]:
    """For each replica of a stacked state, the hash of each of its leaves by its path.

    Args:
      state: stacked along the first axis of every leaf.
      optimizer: whether to have the optimizer's leaves, too; they are numbered.
    """
    named = {f"params/{name}": leaf for name, leaf in masks.named(state.params).items()}
    named |= {f"statistics/{name}": leaf for name, leaf in masks.named(state.statistics).items()}
    if optimizer:
        leaves = jax.tree.leaves(state.optimizer)
        named |= {f"optimizer/{number}": leaf for number, leaf in enumerate(leaves)}
    host = processes.whole(named)
    return [
        {**{name: sum_of_leaf(leaf[i]) for name, leaf in host.items()}, "step": str(int(step))}
        for i, step in enumerate(processes.whole(state.step))
    ]


def dense(state: TrainState) -> tuple[Origin, ...]:
    """The origins of round 0, which begins with `state`.

    What is rewound to is not known yet; `anchored` adds it.
    """
    return tuple(Origin(own, {}, {}) for own in hashes(state, optimizer=True))


def anchored(origins: Iterable[Origin], anchor: TrainState) -> tuple[Origin, ...]:
    """The origins of round 0 with the state that an algorithm rewinds to."""
    return tuple(
        origin._replace(anchor=own) for origin, own in zip(origins, hashes(anchor), strict=True)
    )


def of_round(
    start: TrainState, anchor: TrainState, last: TrainState, mask: Mask
) -> tuple[Origin, ...]:
    """The origins of a round that begins with `start`; every state and the mask are stacked.

    The anchor and the last state are masked as the start is, so that their hashes can be compared.
    """
    masked = [state._replace(params=_masked(mask, state.params)) for state in (anchor, last)]
    parts = (hashes(start, optimizer=True), *map(hashes, masked))
    return tuple(Origin(*own) for own in zip(*parts, strict=True))


def _masked(mask: Mask, params: Params) -> Params:
    """The parameters under the mask, on the host: `restart` is not asked to check itself."""

    def leaf(keeps: np.ndarray | None, weights: np.ndarray) -> np.ndarray:
        return weights if keeps is None else np.where(keeps, weights, weights.dtype.type(0))

    host = processes.whole((mask, params))
    return jax.tree.map(leaf, *host, is_leaf=lambda part: part is None)
