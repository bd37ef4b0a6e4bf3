"""A process at work on a grid: it runs one group after the other until nothing is left for it."""

import gc
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import pandas as pd

from pruning_jax.data.division import Division
from pruning_jax.errors import FULL, require, said
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Experiment
from pruning_jax.grid import (
    agreed,
    calibration,
    cost,
    estimate,
    left,
    memory,
    progress,
    snapshots,
)
from pruning_jax.grid.at_work import GroupRun, Progress
from pruning_jax.grid.groups import Base, Group
from pruning_jax.grid.pace import Pace
from pruning_jax.grid.profiling import Trace
from pruning_jax.grid.progress import Display
from pruning_jax.grid.queue import Queue, Taken
from pruning_jax.grid.speed import Seconds, Speed, seconds
from pruning_jax.training import processes
from pruning_jax.wording import listed, percent
from pruning_jax.workdir import locks, paths, presence
from pruning_jax.workdir.cellfiles import unite

POLL_SECONDS = 2.0
"""How often a process looks whether what it waits for is there."""


class What(NamedTuple):
    """What is worked on, and how."""

    experiment: Experiment
    division: Division
    workdir: Path
    checkpoint_minutes: float
    stopped: Callable[[], int]  # the number of the signal that has come to this process, or 0
    elsewhere: list[int]  # the signals that have come to processes that train with this one
    trace: Trace | None = None  # of the profiler

    @property
    def signal(self) -> int:
        """The signal that ends the work, or 0."""
        return max([self.stopped(), *self.elsewhere])

    def moments(self, group: Group) -> Iterator[Progress]:
        """The moments of a group, up to the last one or to where a signal comes."""
        pace = Pace(group.recipe.steps_per_epoch)
        run = GroupRun(
            self.experiment, group, self.division, self.workdir, self.checkpoint_minutes, pace
        )
        moments = run.run()
        for at in self.trace.of(moments, pace) if self.trace else moments:
            yield at
            if number := processes.anyone(self.stopped()):
                self.elsewhere.append(number)
                moments.close()


Order: TypeAlias = list[Any] | int
"""What the process that leads tells the others: the place of a group and its bases, [] where there
is nothing to do yet, or, at the end, the signal that it ends with."""


def follow(what: What, groups: list[Group]) -> int:
    """Trains with the process that leads, group after group, as it says; the signal that ends it.

    Args:
      groups: in the order in which that process has them.
    """

    def known_to_the_first() -> Order:
        return 0

    while not isinstance(order := processes.agreed(known_to_the_first), int):
        for number, bases in order:
            own = groups[number]._replace(bases=tuple(Base(*base) for base in bases))
            for _ in what.moments(own):
                pass
    return order


class Work(NamedTuple):
    """A process at work, with all that it works with."""

    what: What
    queue: Queue
    here: presence.Here

    def all(self) -> None:
        """Runs one group after the other until nothing is left for this process, or it is
        stopped."""
        what, groups = self.what, self.queue.groups
        todo = [g for g in groups if left.unfinished(what.experiment, g, what.workdir)]
        needed = dict(zip(todo, _estimated(todo, len(what.division.labels)), strict=True))
        begun = bool(paths.cell_tables(what.workdir))
        with progress.display(sum(map(sum, needed.values()), 0.0), begun) as display:
            while not what.signal and (taken := self._next()):
                finished = [sum(needed[g]) for g in needed if g in self.queue.finished]
                behind = sum(finished, 0.0)
                try:
                    self._group(taken, needed.get(taken.group, Seconds(0.0, 0.0)), behind, display)
                except Exception as error:
                    self._failed(taken, error)
                    raise
                finally:
                    self.queue.free(taken.group)
        processes.agreed(lambda: what.signal)
        for name, rates in self.queue.never.items():
            print(_never(what.experiment.algorithm(name), sorted(rates)), flush=True)

    def _next(self) -> Taken | None:
        """The next group; waits where others must first finish what decides its examples."""
        told = False
        while taken := self.queue.take():
            if not taken.waits_for:
                return taken
            if not told:
                progress.waiting(_waits(taken))
                self.here.says(presence.WAITING, self.queue.cells(taken.group))
            told = True
            self._sleep()
            self.queue.free(taken.group)
            if self.what.stopped():
                break
        return None

    def _sleep(self) -> None:
        processes.agreed(list)  # nothing to do yet, so that those that follow do not wait in vain
        until = time.monotonic() + POLL_SECONDS
        while time.monotonic() < until and not self.what.stopped():
            time.sleep(0.1)

    def _group(self, taken: Taken, own: Seconds, behind: float, display: Display) -> None:
        """Runs a group as far as it goes, in parts where memory is too small for all of it.

        Args:
          own: what it was estimated to take.
          behind: the estimated seconds of all that is finished.
        """
        group, workdir = taken.left, self.what.workdir
        number = self.queue.groups.index(taken.group)
        self.here.says(presence.TRAINING, self.queue.cells(taken.group))
        behind += own.compilation
        parts = [group]
        while parts and not self.what.signal:
            part, *rest = parts.pop(0).of_at_most(self.queue.fitting)
            parts[:0] = rest
            seconds = own.work * len(part.bases) / len(group.bases)
            if self._fits(part, number, seconds, behind, display):
                behind += seconds
            else:
                self._fewer(len(part.bases))
                parts.insert(0, part)
        unite_rows(workdir)
        self.queue.done(taken.group)
        presence.mended(workdir, snapshots.name(taken.group))
        self.here.says(presence.BETWEEN)

    def _fits(
        self, part: Group, number: int, seconds: float, behind: float, display: Display
    ) -> bool:
        """Runs a part of the group with a number; False if memory is too small for it.

        Where processes train together that is an error, because one of them may run out of memory
        while the others wait for it.

        Raises:
          WrongUse: memory is too small for a single replica.
        """
        processes.agreed(lambda: [[number, [list(base) for base in part.bases]]])
        display.begin(part.algorithms[0].name, behind)
        try:
            for at in self.what.moments(part):
                display.show(at, behind + seconds * at.steps / cost.steps(part))
        except Exception as error:
            if processes.several() or not memory.exhausted(error):
                raise
            require(
                len(part.bases) > 1,
                f"memory is too small for one replica of {part.algorithms[0].name}: a smaller "
                f"batch_size or width, or a device with more memory, may help ({said(error)})",
            )
            return False
        return True

    def _fewer(self, replicas: int) -> None:
        """Settles that half as many replicas as did not fit are trained at once from now on."""
        gc.collect()  # what failed may be held by objects that refer to each other
        self.queue.fitting = -(-replicas // 2)
        with locks.exclusive(self.what.workdir):
            agreed.lower(self.what.workdir, self.queue.fitting)
        print(
            f"note: memory is too small for {replicas} replicas at once: from here on at most "
            f"{self.queue.fitting} are trained at once, as replicas_at_once sets it",
            flush=True,
        )

    def _failed(self, taken: Taken, error: Exception) -> None:
        """Leaves word of a group that ended with an error, unless that was a full disk."""
        if getattr(error, "errno", None) not in FULL:
            cells = self.queue.cells(taken.group)
            presence.failed(self.what.workdir, snapshots.name(taken.group), said(error), cells)


def unite_rows(workdir: Path) -> pd.DataFrame:
    """The union of all rows so far, also written to rounds.parquet."""
    with locks.exclusive(workdir):
        return unite(workdir)


def _estimated(groups: list[Group], examples: int) -> list[Seconds]:
    """What groups take, estimated without a measurement that would keep training waiting."""

    def speed(group: Group) -> Speed:
        recipe = group.recipe
        prices = calibration.known(recipe) or calibration.typical(recipe)
        return estimate.speed(recipe, len(group.bases), examples, prices)

    return seconds(groups, speed)


def _waits(taken: Taken) -> str:
    """What a group waits for, in a line."""
    algorithm = taken.group.algorithms[0]
    rates = listed(map(percent, sorted({c.noise_rate for c in taken.waits_for})))
    return (
        f"{algorithm.name} waits for other processes: its examples are decided by round "
        f"{algorithm.control_round} of {algorithm.control_of} with {rates} label noise"
    )


def _never(algorithm: Algorithm, rates: list[float]) -> str:
    """That a control cannot run, in a line."""
    return (
        f"{algorithm.name} cannot run with {listed(map(percent, rates))} label noise: no network "
        f"of {algorithm.control_of} came to round {algorithm.control_round}, which decides its "
        "examples, before it diverged"
    )
