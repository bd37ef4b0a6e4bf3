"""What is left to do of a group, by the files in a workdir."""

from collections.abc import Sequence
from pathlib import Path

from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.grid import snapshots
from pruning_jax.grid.groups import Group, groups_of
from pruning_jax.workdir.cellfiles import CellFiles, finished
from pruning_jax.workdir.columns import Row
from pruning_jax.workdir.decided import Decision, deciders, decision


def unfinished(experiment: Experiment, group: Group, workdir: Path) -> bool:
    """Whether anything is left to do of a group."""
    files = {cell: CellFiles(workdir, cell) for cell in group.cells}
    return not all(finished(files, cell, experiment.algorithm) for cell in files)


def remaining(experiment: Experiment, group: Group, workdir: Path) -> Group:
    """A group without the replicas of which nothing is left to do.

    If the group stands somewhere in the middle, it goes on as it is.
    """
    if snapshots.folder(workdir, group).exists():
        return group
    left = [
        base
        for base in group.bases
        if unfinished(experiment, group._replace(bases=(base,)), workdir)
    ]
    return group._replace(bases=tuple(left))


def possible(experiment: Experiment, group: Group, workdir: Path) -> tuple[Group, list[float]]:
    """A group without the replicas that cannot run, and the noise rates of these."""
    never = [
        rate
        for rate in _rates(group)
        if _decision(experiment, group, rate, workdir) is Decision.NEVER
    ]
    bases = tuple(base for base in group.bases if base.noise_rate not in never)
    return group._replace(bases=bases), never


def undecided(experiment: Experiment, group: Group, workdir: Path) -> tuple[Cell, ...]:
    """The cells that a group waits for: those that decide its examples, as far as they are not
    all finished at a noise rate."""
    return tuple(
        cell
        for rate in _rates(group)
        if _decision(experiment, group, rate, workdir) is Decision.OPEN
        for cell in deciders(experiment, group.algorithms[0], rate)
    )


def _rates(group: Group) -> list[float]:
    return sorted({base.noise_rate for base in group.bases})


def _decision(experiment: Experiment, group: Group, noise_rate: float, workdir: Path) -> Decision:
    def rows(cell: Cell) -> Sequence[Row]:
        return CellFiles(workdir, cell).rows

    return decision(experiment, group.algorithms[0], noise_rate, rows)


def replicas(experiment: Experiment, workdir: Path) -> tuple[int, int]:
    """How many replicas of the whole grid are not finished, and how many there are.

    Those that cannot run count as finished.
    """
    every = groups_of(experiment, 1)
    left = [
        group
        for group in every
        if unfinished(experiment, group, workdir) and possible(experiment, group, workdir)[0].bases
    ]
    return len(left), len(every)
