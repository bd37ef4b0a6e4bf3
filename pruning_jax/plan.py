"""Shows what a configuration would run: cells, groups, rounds, steps, memory, time.

  python -m pruning_jax.plan --config=configs/digits.py

The time is measured: a few steps of the very program that would run, on images of zeros, so
no data set is needed. Where images are read as they are needed, reading them is not counted.
--json prints one JSON object instead. --shares=8 shows how eight processes would divide it
(--group=1/8 and so on).
"""

import json
import sys
from typing import Any

import jax
import numpy as np
from absl import flags
from rich.console import Console
from rich.table import Table

from pruning_jax import (
    cache,
    cli,
    cost,
    data,
    devices,
    dryrun,
    grid,
    progress,
    runner,
    state,
    workdir,
)
from pruning_jax.checks import require
from pruning_jax.config import Recipe
from pruning_jax.experiment import Experiment
from pruning_jax.grid import Group
from pruning_jax.resolve import resolve

cli.define_config()
flags.DEFINE_bool("json", False, "print one JSON object")
flags.DEFINE_integer("shares", 1, "the number of processes that divide the grid", lower_bound=1)


def zeros(experiment: Experiment) -> data.Division:
    """A division of the right sizes, all black; without images where they are read as needed."""
    spec = data.spec(experiment.data.dataset)
    shape = (1, 1, spec.image_shape[-1]) if spec.streamed else spec.image_shape
    source = data.Source(
        np.zeros((spec.train_size, *shape), np.uint8),
        np.zeros(spec.train_size, np.int32),
        np.zeros((spec.test_size, *shape), np.uint8),
        np.zeros(spec.test_size, np.int32),
    )
    division = data.divide(source, experiment.data)._replace(
        std=np.ones(spec.image_shape[-1], np.float32)
    )
    return division._replace(images=None) if spec.streamed else division


def describe(experiment: Experiment, groups: tuple[Group, ...], shares: int) -> dict[str, Any]:
    """Everything that a plan says. `seconds` are those of the process that takes longest."""
    division = zeros(experiment)
    held = 0 if division.streamed else division.images.nbytes
    speeds: dict[tuple[Recipe, int], cost.Speed] = {}  # groups of one kind are equally fast
    compiled = set()  # kinds that a process has seen before
    described = []
    for i, group in enumerate(groups):
        count, number = len(group.bases), i % shares + 1
        kind, images = (group.recipe, count), held * devices.mesh(group.recipe, count).size
        speed = speeds[kind] = speeds.get(kind) or cost.measure(
            group.recipe, runner.trial(experiment, group, division)
        )
        compilation = 0.0 if (number, kind) in compiled else speed.compilation
        compiled.add((number, kind))
        described.append(
            {
                "share": number,
                "replicas": count,
                "algorithms": [a.name for a in group.algorithms],
                "cells": [list(cell) for cell in group.cells],
                "width": group.algorithms[0].width,
                "train_examples": group.recipe.train_size,
                "steps": cost.steps(group),
                "seconds": compilation + speed.training(group),
                "bytes": images + count * cost.bytes_per_replica(experiment, len(division.labels)),
            }
        )
    parts = [sum(g["seconds"] for g in described[n::shares]) for n in range(shares)]
    return {
        "cells": len(experiment.cells),
        "groups": described,
        "rounds": {a.name: a.rounds for a in experiment.algorithms},
        "densities": {a.name: list(a.densities) for a in experiment.algorithms},
        "weights_total": state.weights_total(experiment.recipe),
        "steps": sum(cost.steps(g) * len(g.bases) for g in groups),
        "seconds": max(parts),
        "disk_bytes": cost.disk_bytes(experiment),
        "devices": [device.device_kind for device in jax.devices()],
    }


def show(experiment: Experiment, plan: dict[str, Any], console: Console) -> None:
    """Prints a plan for people."""
    recipe = experiment.recipe
    console.print(
        f"{experiment.data.dataset}, {recipe.model} with {plan['weights_total']:,} "
        f"prunable weights, {recipe.train_size:,} training examples, {recipe.epochs} epochs of "
        f"{recipe.steps_per_epoch} steps"
    )
    table = Table("algorithm", "rounds", "last density", "criterion", "rewind")
    for a in experiment.algorithms:
        table.add_row(a.name, str(a.rounds), f"{a.densities[-1]:.4g}", a.criterion, a.rewind)
    console.print(table)
    table = Table("group", "replicas", "algorithms", "cells", "steps each", "memory", "time")
    for i, g in enumerate(plan["groups"]):
        table.add_row(
            str(i + 1),
            str(g["replicas"]),
            str(len(g["algorithms"])),
            str(len(g["cells"])),
            f"{g['steps']:,}",
            workdir.size(g["bytes"]),
            progress.duration(g["seconds"]),
        )
    console.print(table)
    console.print(
        f"{plan['cells']} cells (algorithm, noise rate, seed); {plan['steps']:,} steps in all; "
        f"about {progress.duration(plan['seconds'])} on {', '.join(plan['devices'])}; "
        f"about {workdir.size(plan['disk_bytes'])} of files"
    )


def command() -> int:
    """The command."""
    config, shares = cli.config(), flags.FLAGS.shares
    experiment = resolve(config)
    dryrun.check(experiment)
    dryrun.check_machine(experiment.recipe)
    for note in dryrun.notes(experiment):
        print(note, file=sys.stderr)
    require(config.replicas_at_once >= 0, f"replicas_at_once {config.replicas_at_once} is below 0")
    at_once = config.replicas_at_once or cost.at_once(
        experiment, data.spec(experiment.data.dataset)
    )
    plan = describe(experiment, grid.groups(experiment, at_once, shares), shares)
    if flags.FLAGS.json:
        print(json.dumps(plan))
    else:
        show(experiment, plan, Console())
    return cli.DONE


if __name__ == "__main__":
    devices.use_all_cores()
    cache.keep_programs()
    cli.start(command)
