"""A session: one process works on a grid in a workdir, perhaps beside others."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pruning_jax import interrupt
from pruning_jax.data import sources
from pruning_jax.data.division import divide
from pruning_jax.errors import require
from pruning_jax.experiment.cells import Experiment
from pruning_jax.experiment.config import Config
from pruning_jax.grid import agreed, averages, cost, dryrun, left, opening, queue, working
from pruning_jax.grid.groups import Group, groups_of
from pruning_jax.grid.profiling import Trace
from pruning_jax.grid.queue import Queue
from pruning_jax.grid.resolve import resolve
from pruning_jax.grid.working import What, Work, unite_rows
from pruning_jax.training import devices, processes
from pruning_jax.training.devices import Target
from pruning_jax.workdir import locks, paths, presence
from pruning_jax.workdir.cellfiles import unite


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
    undone: int = 0  # groups that nobody works on, and that this session could not finish


def elsewhere(config: Config) -> Elsewhere:
    """Where and how a configuration runs.

    Raises:
      WrongUse: a setting is not possible.
    """
    minutes, at_once = config.checkpoint_minutes, config.replicas_at_once
    require(minutes > 0, f"checkpoint_minutes {minutes} is not above 0")
    require(at_once >= 0, f"replicas_at_once {at_once} is below 0")
    return Elsewhere(config.data_dir, at_once, minutes)


def checked(config: Config, target: Target | None = None) -> tuple[Experiment, list[str]]:
    """The experiment of a configuration, checked down to its network, and what a user should
    know before it runs, a line each.

    Args:
      target: the devices that will compute it; by default those that are here.

    Raises:
      WrongUse: something in it is not possible, or not with these devices.
    """
    experiment = resolve(config, target)
    dryrun.check(experiment)
    devices.check(experiment.recipe, target)
    return experiment, dryrun.notes(experiment)


def run(
    config: Config,
    workdir: Path,
    shares: int = 0,
    profile: int = 0,
    begun: Callable[[], None] = lambda: None,
) -> Session:
    """Trains the grid of a configuration, or what is left of it, in a workdir.

    Several processes may do this at once: each takes one group after the other that no other
    process works on. A signal ends it at the next moment that can be saved. Processes that train
    together (`processes.join`) count as one; only what the one that leads returns has rows.

    Args:
      shares: how many groups each network and set of examples has at least, where there is enough
        to divide; 0 for what other processes have settled, else 1.
      profile: how many steps JAX's profiler traces.
      begun: called once nothing is refused any more and the workdir is there.

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
    processes.agreed(lambda: opening.prepare(workdir, experiment, division))
    begun()
    with interrupt.noted() as stopped:
        what = What(experiment, division, workdir, where.checkpoint_minutes, stopped, [])
        what = what._replace(trace=Trace(workdir, profile))
        if processes.leads():
            return _lead(what, where, shares)
        groups = _divided(experiment, processes.agreed(list))
        return Session(pd.DataFrame(), 0, 0, stopped=bool(working.follow(what, groups)))


def _lead(what: What, where: Elsewhere, shares: int) -> Session:
    """The work of a process that is alone, or that leads others."""
    experiment, workdir = what.experiment, what.workdir
    with ExitStack() as leaving:
        registered = _registered(experiment, workdir, where, shares)
        entered = []

        def begin() -> list[int]:
            entered.append(leaving.enter_context(registered))
            return entered[0][0]

        groups = _divided(experiment, processes.agreed(begin))
        print(_announced(experiment, groups), flush=True)
        own = Queue(experiment, groups, workdir)
        for line in own.mend():
            print(line, flush=True)
        Work(what, own, entered[0][1]).all()
        if what.signal:
            return Session(unite_rows(workdir), *left.replicas(experiment, workdir), stopped=True)
        done = _finish(experiment, workdir)
        return done._replace(stopped=bool(what.signal), undone=len(own.undone))


@contextmanager
def _registered(
    experiment: Experiment, workdir: Path, where: Elsewhere, shares: int
) -> Iterator[tuple[list[int], presence.Here]]:
    """Counts this process among those at work; what all of them have settled, and itself."""
    with ExitStack() as leaving:
        with locks.exclusive(workdir):
            made = agreed.settled(
                workdir,
                where.replicas_at_once,
                shares,
                lambda: cost.at_once(experiment, sources.spec(experiment.data.dataset)),
            )
            here = leaving.enter_context(presence.registered(workdir))
        yield made, here


def _divided(experiment: Experiment, settled: list[int]) -> list[Group]:
    """The groups of a grid in the order in which they are taken."""
    return queue.longest_first(groups_of(experiment, *settled))


def _announced(experiment: Experiment, groups: list[Group]) -> str:
    """What there is to be done, in a line."""
    named = f"{len(groups)} group" if len(groups) == 1 else f"{len(groups)} groups"
    rounds = max(a.rounds for a in experiment.algorithms)
    return f"{len(experiment.cells)} cells in {named}, up to {rounds} rounds each"


def _finish(experiment: Experiment, workdir: Path) -> Session:
    """The union of the rows. Once everything is done, EL2N is averaged and checkpoints go."""
    with locks.exclusive(workdir):
        rows, (count, replicas) = unite(workdir), left.replicas(experiment, workdir)
        if not count:
            averages.average_el2n(experiment, workdir)
    if not count:
        _clear_checkpoints(experiment, workdir)
    return Session(rows, count, replicas, stopped=False)


def _clear_checkpoints(experiment: Experiment, workdir: Path) -> None:
    """Removes the checkpoints of a finished run, unless another process still writes some: then
    that one removes them when it ends."""
    every, held = range(len(experiment.cells)), locks.cells(workdir)
    if held.take(every):
        for path in paths.checkpoints(workdir).glob("*/"):
            shutil.rmtree(path, ignore_errors=True)
        held.free(every)
