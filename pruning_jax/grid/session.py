"""A session: one process works on a grid, or on its share of it, in a workdir."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pruning_jax.data import sources
from pruning_jax.data.division import Division, divide
from pruning_jax.errors import WrongUse, require
from pruning_jax.experiment import record
from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.experiment.config import Config
from pruning_jax.grid import (
    averages,
    calibration,
    cost,
    dryrun,
    estimate,
    opening,
    progress,
    snapshots,
    subsets,
)
from pruning_jax.grid.at_work import GroupRun
from pruning_jax.grid.groups import Group, groups_of
from pruning_jax.grid.pace import Pace
from pruning_jax.grid.resolve import resolve
from pruning_jax.grid.speed import Seconds, Speed, seconds
from pruning_jax.training import devices
from pruning_jax.workdir import locks, mending, paths
from pruning_jax.workdir.cellfiles import CellFiles, finished, unite


class Share(NamedTuple):
    """Which part of a grid a process works on, as in 2/8: the second of eight."""

    number: int = 1
    of: int = 1


class Elsewhere(NamedTuple):
    """Where and how a grid runs; none of it changes a result."""

    data_dir: str
    replicas_at_once: int  # 0: as many as memory allows
    checkpoint_minutes: float


class Session(NamedTuple):
    """What came of a session."""

    rows: pd.DataFrame  # of the whole workdir
    left: int  # how many replicas of the whole grid are not finished
    replicas: int  # of the whole grid
    stopped: bool  # by a signal; everything is saved


def elsewhere(config: Config) -> Elsewhere:
    """Where and how a configuration runs.

    Raises:
      WrongUse: a setting is not possible.
    """
    minutes, at_once = config.checkpoint_minutes, config.replicas_at_once
    require(minutes > 0, f"checkpoint_minutes {minutes} is not above 0")
    require(at_once >= 0, f"replicas_at_once {at_once} is below 0")
    return Elsewhere(config.data_dir, at_once, minutes)


def checked(config: Config) -> tuple[Experiment, list[str]]:
    """The experiment of a configuration, checked down to its network, and what a user should
    know before it runs, a line each.

    Raises:
      WrongUse: something in it is not possible, or not with the devices of this machine.
    """
    experiment = resolve(config)
    dryrun.check(experiment)
    devices.check(experiment.recipe)
    return experiment, dryrun.notes(experiment)


def run(
    config: Config,
    workdir: Path,
    share: Share = Share(),  # noqa: B008  a tuple of numbers
    stopped: Callable[[], int] = lambda: 0,
) -> Session:
    """Trains the grid of a configuration, or what is left of it, in a workdir.

    Args:
      stopped: asked at every moment that can be saved; once it is true, the session ends there.

    Raises:
      WrongUse: something about the configuration, the data or the workdir.
    """
    where = elsewhere(config)
    experiment, notes = checked(config)
    lacking = dryrun.lacking_memory(experiment.recipe)
    require(not lacking, lacking)
    for note in notes:
        print(note, flush=True)
    source = sources.load(experiment.data.dataset, where.data_dir)
    division = divide(source, experiment.data)
    opening.prepare(workdir, experiment)
    at_once = opening.settled_at_once(
        workdir,
        where.replicas_at_once,
        lambda: cost.at_once(experiment, sources.spec(experiment.data.dataset)),
    )
    mine = groups_of(experiment, at_once, share.of)[share.number - 1 :: share.of]
    cells, my_cells = experiment.cells, [cell for group in mine for cell in group.cells]
    with locks.hold(workdir, [cells.index(cell) for cell in my_cells]):
        print(_announced(experiment, mine, my_cells), flush=True)
        _mend(experiment, my_cells, workdir)
        left = [remaining(experiment, group, workdir) for group in mine]
        left = [group for group in left if unfinished(experiment, group, workdir)]
        if not _groups(experiment, left, division, workdir, where, stopped):
            return Session(unite_rows(workdir), *_left(experiment, workdir), stopped=True)
    return _finish(experiment, workdir)


def _mend(experiment: Experiment, cells: list[Cell], workdir: Path) -> None:
    """Finds what is damaged of cells that this process has, and says so; it is made again."""
    digest = record.digest(experiment)
    for cell in cells:
        if line := mending.mend(workdir, cell, digest):
            print(line, flush=True)


def _announced(experiment: Experiment, mine: tuple[Group, ...], cells: list) -> str:
    """What this session works on, in a line."""
    groups = f"{len(mine)} group" if len(mine) == 1 else f"{len(mine)} groups"
    rounds = max(a.rounds for a in experiment.algorithms)
    return f"{len(cells)} of {len(experiment.cells)} cells in {groups}, up to {rounds} rounds each"


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


def _groups(
    experiment: Experiment,
    groups: list[Group],
    division: Division,
    workdir: Path,
    where: Elsewhere,
    stopped: Callable[[], int],
) -> bool:
    """Runs one group after the other; False if it was stopped."""
    needed = _estimated(groups, len(division.labels))
    with progress.display(sum(sum(own) for own in needed)) as display:
        for i, group in enumerate(groups):
            if waiting := waits_for(experiment, group, workdir):
                print(waiting, flush=True)
                continue
            display.begin(group.algorithms[0].name)
            before = sum(sum(own) for own in needed[:i]) + needed[i].compilation
            pace = Pace(group.recipe.steps_per_epoch)
            run = GroupRun(experiment, group, division, workdir, where.checkpoint_minutes, pace)
            moments = run.run()
            for at in moments:
                display.show(at, before + needed[i].work * at.steps / cost.steps(group))
                if stopped():
                    moments.close()
                    break
            unite_rows(workdir)
            if stopped():
                return False
    return True


def _estimated(groups: list[Group], examples: int) -> list[Seconds]:
    """What groups take, estimated without a measurement that would keep training waiting."""

    def speed(group: Group) -> Speed:
        recipe = group.recipe
        prices = calibration.known(recipe) or calibration.typical(recipe)
        return estimate.speed(recipe, len(group.bases), examples, prices)

    return seconds(groups, speed)


def waits_for(experiment: Experiment, group: Group, workdir: Path) -> str:
    """Why a group cannot be run yet, or "".

    The examples of some controls are decided by other cells, which other processes may run.
    """
    algorithm = group.algorithms[0]
    rates = sorted({base.noise_rate for base in group.bases})
    waiting = [r for r in rates if not subsets.ready(experiment, algorithm, r, workdir)]
    if not waiting:
        return ""
    listed = ", ".join(f"{rate:g}" for rate in waiting)
    return (
        f"{algorithm.name} is left for later at noise rate {listed}: its examples are decided by "
        f"round {algorithm.control_round} of {algorithm.control_of}, which is not finished there. "
        "If another process is running it, run this command again afterwards; if all of its seeds "
        "diverged before that round, this control cannot be had"
    )


def unfinished(experiment: Experiment, group: Group, workdir: Path) -> bool:
    """Whether anything is left to do of a group."""
    files = {cell: CellFiles(workdir, cell) for cell in group.cells}
    return not all(finished(files, cell, experiment.algorithm) for cell in files)


def unite_rows(workdir: Path) -> pd.DataFrame:
    """The union of all rows so far, also written to rounds.parquet."""
    with locks.exclusive(workdir):
        return unite(workdir)


def _left(experiment: Experiment, workdir: Path) -> tuple[int, int]:
    """How many replicas of the whole grid are not finished, and how many there are."""
    every = groups_of(experiment, 1)
    return sum(unfinished(experiment, group, workdir) for group in every), len(every)


def _finish(experiment: Experiment, workdir: Path) -> Session:
    """The union of the rows. Once everything is done, EL2N is averaged and checkpoints go."""
    with locks.exclusive(workdir):
        rows, (left, replicas) = unite(workdir), _left(experiment, workdir)
        if not left:
            averages.average_el2n(experiment, workdir)
    if not left:
        _clear_checkpoints(experiment, workdir)
    return Session(rows, left, replicas, stopped=False)


def _clear_checkpoints(experiment: Experiment, workdir: Path) -> None:
    """Removes the checkpoints of a finished run, unless another process still writes some: then
    that one removes them when it ends."""
    with suppress(WrongUse), locks.hold(workdir, range(len(experiment.cells))):
        for path in paths.checkpoints(workdir).glob("*/"):
            shutil.rmtree(path, ignore_errors=True)
