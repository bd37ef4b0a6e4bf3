"""The checks of `verify --deep`: what needs JAX and the data set to be computed again."""

import dataclasses
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import jax
import numpy as np

from pruning_jax import masks
from pruning_jax.data import sources
from pruning_jax.data.division import Division, divide
from pruning_jax.experiment.recipe import Engine
from pruning_jax.grid import own_modules, recomputed
from pruning_jax.grid.groups import Base, labels_of
from pruning_jax.training import devices, state
from pruning_jax.training.streams import Stream, stream
from pruning_jax.workdir import described, examine, paths
from pruning_jax.workdir.damage import Damaged, json_object
from pruning_jax.workdir.examine import Deep, Findings
from pruning_jax.workdir.invariants.agreement import first_wrong
from pruning_jax.workdir.recorded import Record

NEAR = 1e-6
"""How far from what is drawn here initial weights may be that another machine drew."""


def check(workdir: Path, data_dir: str) -> Findings:
    """The findings of all checks on a workdir, those included that compute with JAX.

    Args:
      workdir: the directory of the run.
      data_dir: where the prepared data set lies; "" for its usual place.

    Raises:
      WrongUse: the data set, or a plug-in that the run names, cannot be had or has changed.
    """
    try:
        experiment = described.described(workdir).experiment
        recorded = json_object(paths.config(workdir)).get("own_modules")
    except Damaged:
        return examine.examine(workdir)  # which says so
    changed = own_modules.changed(recorded, experiment)
    own_modules.refuse(changed, "--deep needs that text")
    source = sources.load(experiment.data.dataset, data_dir)
    division = divide(source, experiment.data)
    checks = {
        "labels are drawn from the seed": partial(labels, division=division),
        "weights are drawn from the seed": initial,
        "masks can be computed again": partial(computed, division=division),
    }
    return examine.examine(workdir, Deep(checks, partial(unknown, division=division)))


def labels(record: Record, division: Division) -> Iterator[str]:
    """Images and labels are those of the data set and the seed; so are examples that are left out
    for their noise, or at random."""
    found, base = record.examples, Base(record.cell.noise_rate, record.cell.seed)
    drawn = labels_of(record.experiment, division, base)
    expected = {
        "label": drawn.given[division.train],
        "true_label": division.labels[division.train],
        "index": division.origin,
        "test_label": division.labels[division.test],
    }
    algorithm, size = record.algorithm, len(drawn.chosen)
    if algorithm.without == "noisy":
        expected["used"] = ~drawn.chosen
    if algorithm.without == "random":
        key = stream(jax.random.key(base.seed), Stream.REMOVAL, algorithm.control_round)
        count = record.experiment.left_out(algorithm, base.noise_rate)
        expected["used"] = np.asarray(jax.random.permutation(key, size)) >= count
    wrong = [name for name, own in expected.items() if not np.array_equal(found[name], own)]
    message = f"{', '.join(wrong)} is not as the data set and the seed give it"
    yield first_wrong(record.examples_file, (not wrong, message))


def initial(record: Record) -> Iterator[str]:
    """Where a cell rewinds to its initial weights and saves them, they are those of its seed."""
    a, recipe = record.algorithm, _here(record).recipe
    if not record.experiment.save_params or recipe.step_at(a.rewind_to) != 0:
        return
    try:
        saved = record.anchor().params
    except Damaged:
        return  # the checks of parameters say so
    program = jax.jit(state.create, static_argnums=0)
    drawn = masks.named(program(recipe, jax.random.key(record.cell.seed)).params)
    wrong = [
        name
        for name, leaf in drawn.items()
        if name not in saved or not _near(np.asarray(leaf), saved[name])
    ]
    message = f"{', '.join(wrong)} is not what the seed gives"
    yield first_wrong(record.anchor_file, (not wrong, message))


def _near(drawn: np.ndarray, saved: np.ndarray) -> bool:
    return drawn.shape == saved.shape and np.allclose(saved, drawn, rtol=NEAR, atol=NEAR)


def computed(record: Record, division: Division) -> Iterator[str]:
    """Masks that need JAX are those that the criterion, or chance, makes of the round before."""
    own = _here(record)
    yield from recomputed.decided(own, division)
    yield from recomputed.shuffled(own)


def unknown(record: Record, division: Division) -> Iterator[str]:
    """What cannot be known even so of a cell."""
    a = record.algorithm
    why = recomputed.provable(_here(record), division) if recomputed.applies(record) else ""
    if why:
        yield f"that {a.criterion} decided the masks of {a.name}: {why}"


def _here(record: Record) -> Record:
    """The record with a recipe for this machine."""
    experiment = record.experiment
    engine = Engine(convolution="gradient" if devices.on_cpu() else "native")
    recipe = dataclasses.replace(experiment.recipe, engine=engine)
    here = record.described._replace(experiment=experiment._replace(recipe=recipe))
    return record._replace(described=here)
