"""The queue of groups that all processes of a run take from: which one a process does next.

There is no master and no list. A process takes the longest group that is unfinished and whose
cells no other process holds; the locks of the cells settle who was first.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from pruning_jax.experiment import record
from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.grid import cost, left, snapshots
from pruning_jax.grid.groups import Group
from pruning_jax.workdir import locks, mending, presence


def work(group: Group) -> int:
    """By what groups are ordered: the steps of all replicas."""
    return cost.steps(group) * len(group.bases)


def longest_first(groups: Iterable[Group]) -> list[Group]:
    """Groups in the order in which they are taken: with the longest first, the processes end at
    about the same time."""
    return sorted(groups, key=lambda group: -work(group))


class Taken(NamedTuple):
    """A group that this process holds."""

    group: Group
    left: Group  # without the replicas of which nothing is left to do
    waits_for: tuple[Cell, ...] = ()  # the cells that decide its examples, until these are decided


class Queue:
    """The groups of a grid, as one process takes them."""

    def __init__(self, experiment: Experiment, groups: Iterable[Group], workdir: Path) -> None:
        self.experiment, self.workdir = experiment, workdir
        self.groups = longest_first(groups)
        self.numbers = {cell: number for number, cell in enumerate(experiment.cells)}
        self.locks = locks.cells(workdir)
        self.finished: set[Group] = set()
        self.tried: set[Group] = set()  # by this process, which left something undone
        self.busy: set[Group] = set()  # those that others held when we last looked
        self.never: dict[str, set[float]] = {}  # the controls that cannot run, and at which rate
        self.fitting = max(len(group.bases) for group in self.groups)  # replicas, into memory
        self.digest = record.digest(experiment)

    def cells(self, group: Group) -> list[int]:
        """The places of a group's cells in the grid."""
        return [self.numbers[cell] for cell in group.cells]

    @property
    def undone(self) -> list[Group]:
        """What nobody worked on, and this process could not take, when it last looked."""
        return [g for g in self.groups if g not in self.finished and g not in self.busy]

    def mend(self) -> Iterator[str]:
        """Finds damage to the files of all cells that no other process holds, and cuts it off, so
        that it is made again; a line for each damaged cell."""
        most = self.experiment.recipe.train_size
        for group in self.groups:
            numbers = self.cells(group)
            if self.locks.take(numbers):
                try:
                    for cell in group.cells:
                        if line := mending.mend(self.workdir, cell, self.digest, most):
                            yield line
                finally:
                    self.locks.free(numbers)

    def take(self) -> Taken | None:
        """Takes the longest group that can be run now.

        Where there is none it takes one that waits, as long as another process works on what
        decides its examples; so no two processes wait for the same, and those that hold what others
        wait for never wait. None if this process has nothing more to do.
        """
        with locks.exclusive(self.workdir):
            self.busy.clear()
            waiting = []
            for group in self._in_order():
                if not self.locks.take(self.cells(group)):
                    self.busy.add(group)
                    continue
                taken = self._looked_at(group)
                if taken and not taken.waits_for:
                    return taken
                self.free(group)
                waiting += [taken] if taken else []
            held = {cell for group in self.busy for cell in group.cells}
            for taken in waiting:
                if held & set(taken.waits_for) and self.locks.take(self.cells(taken.group)):
                    return taken
            return None

    def free(self, group: Group) -> None:
        """Lets go of a group."""
        self.locks.free(self.cells(group))

    def done(self, group: Group) -> None:
        """Takes note that this process has done what it could of a group that it holds."""
        done = self.finished if self._left(group) is None else self.tried
        done.add(group)

    def _in_order(self) -> list[Group]:
        """What may be left to do; what ended with an error comes last."""
        failed = presence.failures(self.workdir)
        open_ = [g for g in self.groups if g not in self.finished and g not in self.tried]
        return sorted(open_, key=lambda group: snapshots.name(group) in failed)

    def _looked_at(self, group: Group) -> Taken | None:
        """A group that this process holds; None if nothing is left to do of it."""
        remaining = self._left(group)
        if remaining is None:
            self.finished.add(group)
            return None
        return Taken(group, remaining, left.undecided(self.experiment, remaining, self.workdir))

    def _left(self, group: Group) -> Group | None:
        """What is left to do of a group."""
        able, never = left.possible(self.experiment, group, self.workdir)
        if never:
            self.never.setdefault(group.algorithms[0].name, set()).update(never)
        if not able.bases or not left.unfinished(self.experiment, able, self.workdir):
            return None
        return left.remaining(self.experiment, able, self.workdir)
