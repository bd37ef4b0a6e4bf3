"""Where a group stands, on disk: Moments as checkpoints.

A group's folder has `dense`, the finished round 0 that every other group of the same
replicas can use, and `round`, the newest moment.
"""

import functools
import hashlib
from pathlib import Path
from typing import Any

import jax
import numpy as np

from pruning_jax import checkpoints, devices, programs, replicas
from pruning_jax.config import Recipe
from pruning_jax.grid import Base, Group
from pruning_jax.rounds import Moment, Stack


def folder(workdir: Path, group: Group) -> Path:
    """The place of a group's checkpoints: what decides its round 0, then its algorithms."""
    shared = (group.algorithms[0].variant, group.bases)
    return workdir / "checkpoints" / _digest(shared) / _digest(group.algorithms)


def _digest(what: tuple[Any, ...]) -> str:
    return hashlib.sha256(repr(what).encode()).hexdigest()[:12]


def rows(recipe: Recipe, bases: tuple[Base, ...]) -> list[int]:
    """Which replica stands where in the stack: the last is repeated to even out the devices."""
    return [min(i, len(bases) - 1) for i in range(devices.padded(recipe, len(bases)))]


def save(place: Path, count: int, algorithm: str, moment: Moment) -> None:
    """Saves the first `count` replicas of a moment of an algorithm.

    The anchors are part of round 0 alone.
    """
    anchors = moment.anchors if moment.round == 0 else {}
    tree = (moment.state, moment.mask, list(anchors.values()), moment.el2n)
    position = {
        "algorithm": algorithm,
        "round": moment.round,
        "step": moment.step,
        "done": moment.done,
        "anchors": list(anchors),
        "el2n": moment.el2n is not None,
        "seconds": moment.seconds,
    }
    host = jax.tree.map(lambda a: np.asarray(a)[:count], tree)
    checkpoints.save(place, host, position)


def load(
    place: Path, recipe: Recipe, stack: Stack, bases: tuple[Base, ...]
) -> tuple[str, Moment] | None:
    """The algorithm and the moment saved in `place`, laid out as `stack` is; or None."""
    count = len(bases)

    def like(position: dict[str, Any]) -> Any:
        create = jax.vmap(functools.partial(programs.create, recipe))
        states, mask = jax.eval_shape(create, stack.keys)
        el2n = jax.ShapeDtypeStruct(stack.labels.shape, np.float32)
        tree = (
            states,
            mask,
            [states] * len(position["anchors"]),
            el2n if position["el2n"] else None,
        )
        return jax.tree.map(lambda s: jax.ShapeDtypeStruct((count, *s.shape[1:]), s.dtype), tree)

    found = checkpoints.load(place, like)
    if not found:
        return None
    (states, mask, anchors, el2n), position = found
    order = rows(recipe, bases)
    whole = jax.tree.map(lambda a: a[np.array(order)], (states, mask, anchors))
    states, mask, anchors = replicas.stack(recipe, whole, stack.size)
    moment = Moment(
        position["round"],
        position["step"],
        position["done"],
        states,
        mask,
        dict(zip(position["anchors"], anchors, strict=True)),
        el2n,
        seconds=position["seconds"],
    )
    return position["algorithm"], moment
