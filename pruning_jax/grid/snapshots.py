"""Where a group stands, on disk: Moments as checkpoints.

A group's folder has `dense`, the finished round 0 that every other group of the same
replicas can use, and `round`, the newest moment.
"""

import functools
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import PyTree

from pruning_jax.experiment.recipe import Recipe
from pruning_jax.experiment.record import Json
from pruning_jax.grid import checkpoints
from pruning_jax.grid.groups import Base, Group
from pruning_jax.pruning.moments import Moment, Stack
from pruning_jax.pruning.origins import Origin
from pruning_jax.training import devices, processes, replicas
from pruning_jax.training.replica import fresh
from pruning_jax.workdir import paths


def folder(workdir: Path, group: Group) -> Path:
    """The place of a group's checkpoints: what decides its round 0, then its algorithms."""
    return paths.checkpoints(workdir).joinpath(*_digests(group))


def name(group: Group) -> str:
    """What a group is called where a file is about it."""
    return "-".join(_digests(group))


def _digests(group: Group) -> tuple[str, str]:
    shared = (group.algorithms[0].variant, group.bases)
    return _digest(shared), _digest(group.algorithms)


def _digest(what: tuple) -> str:
    return hashlib.sha256(repr(what).encode()).hexdigest()[:12]


def rows(recipe: Recipe, bases: tuple[Base, ...]) -> list[int]:
    """Which replica stands where in the stack: the last is repeated to even out the devices."""
    return [min(i, len(bases) - 1) for i in range(devices.padded(recipe, len(bases)))]


class Position(NamedTuple):
    """Where a saved moment stands, and what its arrays are: the part that is plain JSON."""

    algorithm: str  # "dense" in round 0, which all algorithms share
    round: int
    step: int
    stop: int
    done: bool
    anchors: list[int]  # their steps
    el2n: bool  # whether EL2N is among the arrays
    seconds: float
    origins: list[list[dict[str, str]]]  # of each replica: start, anchor, last


def save(place: Path, count: int, algorithm: str, moment: Moment) -> None:
    """Saves the first `count` replicas of a moment of an algorithm.

    The anchors belong to round 0 alone, so that later rounds do not save them again.
    """
    anchors = moment.anchors if moment.round == 0 else {}
    tree = (moment.state, moment.mask, list(anchors.values()), moment.el2n)
    position = Position(
        algorithm=algorithm,
        round=moment.round,
        step=moment.step,
        stop=moment.stop,
        done=moment.done,
        anchors=list(anchors),
        el2n=moment.el2n is not None,
        seconds=moment.seconds,
        origins=[list(origin) for origin in moment.origins[:count]],
    )
    host = jax.tree.map(lambda a: a[:count], processes.whole(tree))
    if processes.leads():
        checkpoints.save(place, host, position._asdict())


def load(
    place: Path, recipe: Recipe, stack: Stack, bases: tuple[Base, ...]
) -> tuple[str, Moment] | None:
    """The algorithm and the moment saved in `place`, laid out as `stack` is.

    None if nothing is saved there that is sound, or only what another version saved, with other
    things in it: that round is trained again, to the same bits.
    """
    found = _found(place, lambda given: _shapes(given, recipe, stack, len(bases)))
    if not found:
        return None
    (states, mask, anchors, el2n), given = found
    position, order = Position(**given), rows(recipe, bases)
    whole = jax.tree.map(lambda a: a[np.array(order)], (states, mask, anchors))
    states, mask, anchors = replicas.stack(recipe, whole, stack.size)
    moment = Moment(
        round=position.round,
        step=position.step,
        stop=position.stop,
        state=states,
        mask=mask,
        anchors=dict(zip(position.anchors, anchors, strict=True)),
        done=position.done,
        el2n=el2n,
        seconds=position.seconds,
        origins=tuple(Origin(*position.origins[i]) for i in order),
    )
    return position.algorithm, moment


def amid(workdir: Path, algorithms: Iterable[str]) -> bool:
    """Whether a group has a moment of one of these algorithms, or one that cannot be read."""
    moments = map(checkpoints.position, paths.checkpoints(workdir).glob("*/*/round"))
    names = {position["algorithm"] if position else "" for position in moments}
    return not names.isdisjoint({"", *algorithms})


def _found(place: Path, like: Callable[[Json], PyTree | None]) -> tuple[PyTree, Json] | None:
    """What `checkpoints.load` finds in the process that leads, in all of them."""
    if not processes.several():
        return checkpoints.load(place, like)
    found = checkpoints.load(place, like) if processes.leads() else None
    position = processes.agreed(lambda: found[1] if found else None)
    if position is None:
        return None
    leaves = processes.given(lambda: checkpoints.numbered(found[0] if found else ()))
    structure = jax.tree.structure(like(position))
    return jax.tree.unflatten(structure, [leaves[name] for name in sorted(leaves)]), position


def _shapes(given: Json, recipe: Recipe, stack: Stack, count: int) -> PyTree | None:
    """The shapes of the arrays that were saved with a position; None if they are of no use."""
    if {*given} != {*Position._fields}:
        return None
    position = Position(**given)
    states, mask = jax.eval_shape(jax.vmap(functools.partial(fresh, recipe)), stack.keys)
    el2n = jax.ShapeDtypeStruct(stack.labels.shape, np.float32)
    tree = (states, mask, [states] * len(position.anchors), el2n if position.el2n else None)
    return jax.tree.map(lambda s: jax.ShapeDtypeStruct((count, *s.shape[1:]), s.dtype), tree)
