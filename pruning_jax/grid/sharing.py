"""How several processes will share a grid, foreseen from what each group takes."""

import heapq
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.grid.groups import Group
from pruning_jax.grid.queue import longest_first
from pruning_jax.grid.speed import Seconds
from pruning_jax.workdir.decided import deciders


class Turn(NamedTuple):
    """When a group is run, in seconds from the start, and by which process, from 1."""

    process: int
    begin: float
    end: float


def foreseen(
    experiment: Experiment, needed: Mapping[Group, Seconds], processes: int
) -> dict[Group, Turn]:
    """The turns of groups, in the order in which they are taken.

    Processes that begin together are equally fast, and each compiles the programs of a recipe once.
    Groups whose examples other cells decide are taken once these are finished.
    """
    waiting, turns = longest_first(needed), {}
    free = [(0.0, number) for number in range(1, processes + 1)]
    compiled: set[tuple[int, Recipe, int]] = set()
    while waiting:
        now, process = heapq.heappop(free)
        group = _ready(experiment, waiting, turns, now)
        if group is None:
            later = min(turn.end for turn in turns.values() if turn.end > now)
            heapq.heappush(free, (later, process))
            continue
        waiting.remove(group)
        kind = process, group.recipe, len(group.bases)
        seconds = needed[group].work + (needed[group].compilation if kind not in compiled else 0)
        compiled.add(kind)
        turns[group] = Turn(process, now, now + seconds)
        heapq.heappush(free, (now + seconds, process))
    return turns


def spent(turns: Mapping[Group, Turn], processes: int) -> list[float]:
    """How long each process works, in seconds."""
    seconds = [0.0] * processes
    for turn in turns.values():
        seconds[turn.process - 1] += turn.end - turn.begin
    return seconds


def _ready(
    experiment: Experiment, waiting: Sequence[Group], turns: Mapping[Group, Turn], now: float
) -> Group | None:
    """The first group whose examples are decided; None if all must wait for groups at work."""
    finished = {cell for group, turn in turns.items() if turn.end <= now for cell in group.cells}
    at_work = any(turn.end > now for turn in turns.values())
    for group in waiting:
        if _deciders(experiment, group) <= finished:
            return group
    return None if at_work else waiting[0]


def _deciders(experiment: Experiment, group: Group) -> set[Cell]:
    rates = {base.noise_rate for base in group.bases}
    return {cell for rate in rates for cell in deciders(experiment, group.algorithms[0], rate)}
