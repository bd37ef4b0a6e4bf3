"""What a configuration would run: cells, groups, rounds, steps, memory, time."""

import functools
import io
from dataclasses import asdict, dataclass

import jax
import numpy as np
from rich.console import Console
from rich.table import Table

from pruning_jax.data import sources
from pruning_jax.data.division import Division, divide
from pruning_jax.experiment.cells import Experiment
from pruning_jax.experiment.config import Config
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.experiment.record import Json
from pruning_jax.grid import (
    calibration,
    cost,
    disk,
    dryrun,
    estimate,
    opening,
    progress,
    session,
    sharing,
    stacks,
)
from pruning_jax.grid import speed as speeds
from pruning_jax.grid.groups import Group, groups_of
from pruning_jax.grid.sharing import Turn
from pruning_jax.grid.speed import Seconds, Speed
from pruning_jax.training import devices, state


@dataclass(frozen=True)
class PlannedGroup:
    """A group of a plan."""

    process: int  # the one that is expected to take it
    replicas: int
    algorithms: list[str]
    cells: list[list]  # algorithm, noise rate, seed of each
    width: float
    train_examples: int
    steps: int  # of each replica
    seconds: float
    bytes: int  # of memory


@dataclass(frozen=True)
class Plan:
    """What would run; printed, it is a page for people."""

    dataset: str
    model: str
    epochs: int
    steps_per_epoch: int
    train_examples: int
    cells: int
    groups: list[PlannedGroup]
    algorithms: dict[str, list[str]]  # criterion and rewind of each
    rounds: dict[str, int]
    densities: dict[str, list[float]]
    collapses: dict[str, bool]  # whether rounds and densities end earlier if the network collapses
    weights_total: int
    steps: int
    seconds: float  # from the start to the end of the last process
    process_seconds: list[float]  # how long each process works
    disk_bytes: int
    devices: list[str]
    estimated: bool  # whether the seconds are estimated; else a few steps were timed
    notes: list[str]  # what a user should know before it runs

    def json(self) -> Json:
        """The plan as a JSON object."""
        return asdict(self)

    @property
    def balance(self) -> float:
        """How much longer than the mean the process works that works longest; 1 is best."""
        return max(self.process_seconds) * len(self.process_seconds) / sum(self.process_seconds)

    def __str__(self) -> str:
        page = Console(file=io.StringIO(), width=120, force_jupyter=False, force_terminal=False)
        show(self, page)
        assert isinstance(page.file, io.StringIO)
        return page.file.getvalue().rstrip()


def plan(config: Config, *, shares: int = 1, measure: bool = False) -> Plan:
    """What a configuration would run; the arguments are those of `pruning_jax.plan`.

    Raises:
      WrongUse: something in the configuration is not possible.
    """
    where = session.elsewhere(config)
    experiment, notes = session.checked(config)
    if lacking := dryrun.lacking_memory(experiment.recipe):
        notes.append(f"note: it would not run on this machine: {lacking}")
    spec = sources.spec(experiment.data.dataset)
    at_once = where.replicas_at_once or cost.at_once(experiment, spec)
    groups, division = groups_of(experiment, at_once, shares), black(experiment)
    needed = _needed(experiment, groups, division, measure)
    turns = sharing.foreseen(experiment, needed, shares)
    recipe = experiment.recipe
    return Plan(
        dataset=experiment.data.dataset,
        model=recipe.model,
        epochs=recipe.epochs,
        steps_per_epoch=recipe.steps_per_epoch,
        train_examples=recipe.train_size,
        cells=len(experiment.cells),
        groups=[_described(experiment, division, *item) for item in turns.items()],
        algorithms={a.name: [a.criterion, a.rewind] for a in experiment.algorithms},
        rounds={a.name: a.rounds for a in experiment.algorithms},
        densities={a.name: list(a.densities) for a in experiment.algorithms},
        collapses={a.name: a.collapsed > 0 for a in experiment.algorithms},
        weights_total=state.weights_total(recipe),
        steps=sum(cost.steps(g) * len(g.bases) for g in groups),
        seconds=max(turn.end for turn in turns.values()),
        process_seconds=sharing.spent(turns, shares),
        disk_bytes=disk.whole(experiment),
        devices=[device.device_kind for device in jax.devices()],
        estimated=not measure,
        notes=notes,
    )


def black(experiment: Experiment) -> Division:
    """A division of the right sizes with black images; without any where they are read as
    needed."""
    spec = sources.spec(experiment.data.dataset)
    shape = (1, 1, spec.image_shape[-1]) if spec.streamed else spec.image_shape
    source = sources.Source(
        np.zeros((spec.train_size, *shape), np.uint8),
        np.zeros(spec.train_size, np.int32),
        np.zeros((spec.test_size, *shape), np.uint8),
        np.zeros(spec.test_size, np.int32),
    )
    division = divide(source, experiment.data)._replace(
        std=np.ones(spec.image_shape[-1], np.float32)
    )
    return division._replace(images=None) if spec.streamed else division


def _needed(
    experiment: Experiment, groups: tuple[Group, ...], division: Division, measure: bool
) -> dict[Group, Seconds]:
    """What each group takes."""
    examples = len(division.labels)

    @functools.cache  # groups of one kind are equally fast
    def speed(recipe: Recipe, count: int) -> Speed:
        if measure:
            group = next(g for g in groups if (g.recipe, len(g.bases)) == (recipe, count))
            return speeds.measure(recipe, stacks.trial(experiment, group, division))
        return estimate.speed(recipe, count, examples, calibration.calibrated(recipe))

    needed = {}
    for group in groups:
        own = speed(group.recipe, len(group.bases))
        needed[group] = Seconds(own.compilation, own.work(group))
    return needed


def _described(
    experiment: Experiment, division: Division, group: Group, turn: Turn
) -> PlannedGroup:
    """A group, with the turn at which it is expected to be run."""
    held = 0 if division.pixels is None else division.pixels.nbytes
    return PlannedGroup(
        process=turn.process,
        replicas=len(group.bases),
        algorithms=[a.name for a in group.algorithms],
        cells=[list(cell) for cell in group.cells],
        width=group.algorithms[0].width,
        train_examples=group.recipe.train_size,
        steps=cost.steps(group),
        seconds=turn.end - turn.begin,
        bytes=held * devices.mesh(group.recipe, len(group.bases)).size
        + len(group.bases) * cost.bytes_per_replica(experiment, len(division.labels)),
    )


def show(plan: Plan, console: Console) -> None:
    """Prints a plan for people."""
    console.print(
        f"{plan.dataset}, {plan.model} with {plan.weights_total:,} prunable weights, "
        f"{plan.train_examples:,} training examples, {plan.epochs} epochs of "
        f"{plan.steps_per_epoch} steps"
    )
    table = Table("algorithm", "rounds", "last density", "criterion", "rewind")
    for name, (criterion, rewind) in plan.algorithms.items():
        most = "at most " if plan.collapses[name] else ""
        last = f"{plan.densities[name][-1]:.4g}"
        table.add_row(name, f"{most}{plan.rounds[name]}", last, criterion, rewind)
    console.print(table)
    table = Table("group", "replicas", "algorithms", "cells", "steps each", "memory", "time")
    for i, group in enumerate(plan.groups):
        table.add_row(
            str(i + 1),
            str(group.replicas),
            str(len(group.algorithms)),
            str(len(group.cells)),
            f"{group.steps:,}",
            opening.size(group.bytes),
            progress.duration(group.seconds),
        )
    console.print(table)
    if len(plan.process_seconds) > 1:
        _show_processes(plan, console)
    most = "at most " if any(plan.collapses.values()) else ""
    how = (
        "estimated from the operations and bytes of a step and a calibration of this machine"
        if plan.estimated
        else "measured on a few steps"
    )
    console.print(
        f"{plan.cells} cells (algorithm, noise rate, seed); {most}{plan.steps:,} steps in all; "
        f"{most or 'about '}{progress.duration(plan.seconds)} on {', '.join(plan.devices)} "
        f"({how}); "
        f"about {opening.size(plan.disk_bytes)} of files"
    )


def _show_processes(plan: Plan, console: Console) -> None:
    """Prints which groups each process is expected to take, and how evenly they work."""
    table = Table("process", "groups, in their order", "cells", "time")
    for number, seconds in enumerate(plan.process_seconds, start=1):
        own = {i: g for i, g in enumerate(plan.groups, start=1) if g.process == number}
        cells = str(sum(len(group.cells) for group in own.values()))
        table.add_row(str(number), ", ".join(map(str, own)), cells, progress.duration(seconds))
    console.print(table)
    console.print(
        f"{len(plan.process_seconds)} processes; the one that works longest works "
        f"{plan.balance:.2f} times as long as the mean"
    )
