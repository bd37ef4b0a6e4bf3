"""What a configuration would run: cells, groups, rounds, steps, memory, time."""

import functools

import jax
import numpy as np

from pruning_jax.data import sources
from pruning_jax.data.division import Division, divide
from pruning_jax.experiment.cells import Experiment
from pruning_jax.experiment.config import Config
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.grid import (
    calibration,
    cost,
    disk,
    dryrun,
    estimate,
    session,
    sharing,
    stacks,
)
from pruning_jax.grid import speed as speeds
from pruning_jax.grid.groups import Group, groups_of
from pruning_jax.grid.planpage import Plan, PlannedGroup
from pruning_jax.grid.sharing import Turn
from pruning_jax.grid.speed import Seconds, Speed
from pruning_jax.training import devices, state


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
        controls={a.name: a.control_of for a in experiment.algorithms if a.control_of},
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
