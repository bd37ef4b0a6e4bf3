"""A group at work: it is computed, its files are written, and it is saved and resumed."""

import shutil
import time
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pruning_jax import masks
from pruning_jax.data.division import Division
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.experiment.record import digest
from pruning_jax.files import Arrays, remove_partial, settle, write_arrays
from pruning_jax.grid import cost, recording, snapshots, stacks, subsets
from pruning_jax.grid.groups import Group, labels_of
from pruning_jax.grid.metrics import Trained
from pruning_jax.grid.pace import Pace
from pruning_jax.pruning import rounds
from pruning_jax.pruning.moments import Moment, Work
from pruning_jax.training import processes, replicas
from pruning_jax.types import Mask
from pruning_jax.workdir import manifest, paths
from pruning_jax.workdir.cellfiles import CellFiles, finished, read_mask
from pruning_jax.workdir.saved import packed

WORTH = 100
"""Where rounds are short, a checkpoint comes after so many times the time that it takes."""

SETTLE_SECONDS = 60
"""If the machine itself stops, files of so many seconds may be lost; they are made again."""


class Progress(NamedTuple):
    """Where a group stands."""

    algorithm: str  # "dense" in round 0, which all algorithms share
    round: int
    density: float
    steps: int  # how many of the steps that each replica makes in this group are behind us
    done: bool  # whether the round is complete


class GroupRun:
    """A group at work in a workdir. Everything that it must remember lies in its files."""

    def __init__(
        self,
        experiment: Experiment,
        group: Group,
        division: Division,
        workdir: Path,
        checkpoint_minutes: float,
        pace: Pace | None = None,
    ) -> None:
        """`pace` decides at which moments it can be stopped; by default it is a new one."""
        self.experiment, self.group = experiment, group
        self.digest = digest(experiment)
        self.workdir, self.folder = workdir, snapshots.folder(workdir, group)
        labels = [labels_of(experiment, division, base) for base in group.bases]
        by_files = processes.given(
            lambda: {"used": subsets.used_by(experiment, group, labels, workdir)}
        )
        used = by_files["used"]
        self.stack = stacks.stack(division, group, labels, [*used])
        self.trained = [Trained(division, *own) for own in zip(labels, used, strict=True)]
        self.pace = pace or Pace(group.recipe.steps_per_epoch)
        self.work = Work(
            group.recipe,
            group.algorithms,
            experiment.el2n_step(group.recipe),
            min(experiment.scoring_examples, group.recipe.train_size),
            self.pace,
        )
        # Only the process that leads has them; what they decide is agreed on.
        self.files: dict[Cell, CellFiles] = {}
        if processes.leads():
            self.files = {cell: CellFiles(workdir, cell) for cell in group.cells}
            for files in self.files.values():
                remove_partial(files.folder)
        self.checkpoint_seconds = 60 * checkpoint_minutes
        self.saved = self.settled = time.monotonic()
        self.saving = 0.0  # how many seconds the last checkpoint took
        self.newest = ("", -1)  # the algorithm and the round that it was of

    def run(self) -> Generator[Progress, None, None]:
        """Does what is left of the group. Closing the generator saves where it stands."""
        saved = self._load("round")
        first = yield from self._dense(saved[1] if saved and saved[0] == "dense" else None)
        for algorithm in self.group.algorithms:
            cells = self._cells(algorithm)
            if not processes.agreed(lambda c=cells: all(self.files[cell].has(0) for cell in c)):
                self._record(algorithm, first, first)
            if self._ended(algorithm):
                continue
            resume = saved[1] if saved and saved[0] == algorithm.name else None
            if resume and self._lacks(resume, cells):
                resume = None  # files were removed since: these rounds are made again
            yield from self._algorithm(algorithm, first, resume)
            for files in self.files.values():
                files.forget()
        self._settle()
        if processes.leads():
            shutil.rmtree(self.folder / "round", ignore_errors=True)

    def _dense(self, resume: Moment | None) -> Generator[Progress, None, Moment]:
        """Round 0: read if it is there, even if another group trained it; otherwise trained.

        The one that other algorithms have saved may lack an anchor that these need.
        """
        found = processes.agreed(
            lambda: [str(path) for path in sorted(self.folder.parent.glob("*/dense"))]
        )
        for place in map(Path, found):
            saved = snapshots.load(place, self.work.recipe, self.stack, self.group.bases)
            if saved and saved[1].anchors.keys() >= set(self.work.anchors):
                return rounds.evaluated(self.work, self.stack, saved[1])
        moments = rounds.dense(self.work, self.stack, resume)
        while not (moment := next(moments)).done:
            yield from self._report("dense", moment, 1.0, moment.step)
        self._save("dense", "dense", moment)
        return moment

    def _algorithm(
        self, algorithm: Algorithm, first: Moment, resume: Moment | None
    ) -> Generator[Progress, None, None]:
        """The rounds of an algorithm after the dense one, or those that are left of them."""
        given = self._masks_from(algorithm, first.mask) if algorithm.masks_from else None
        if resume:
            resume = resume._replace(anchors=first.anchors)
        for moment in rounds.run(
            self.work, algorithm, self.stack, first, given_mask=given, resume=resume
        ):
            if moment.done:
                self._record(algorithm, moment, first)
                if self._worthwhile() and not self._ended(algorithm):
                    self._save("round", algorithm.name, moment)
            steps = cost.steps_done(self.group, algorithm, moment)
            density = algorithm.densities[moment.round]
            yield from self._report(algorithm.name, moment, density, steps)
            if self._ended(algorithm):
                return  # before its last round if every replica has diverged or collapsed

    def _report(
        self, name: str, moment: Moment, density: float, steps: int
    ) -> Generator[Progress, None, None]:
        """Reports a moment; saves it if a checkpoint is due or if this is where we are stopped."""
        self.pace.saw(moment)
        if processes.agreed(lambda: time.monotonic() - self.saved > self.checkpoint_seconds):
            self._save("round", name, moment)
        try:
            yield Progress(name, moment.round, density, steps, moment.done)
        except GeneratorExit:
            if not moment.done or self.newest != (name, moment.round):
                self._save("round", name, moment)
            self._settle()
            raise

    def _worthwhile(self) -> bool:
        """Whether a checkpoint takes little time beside that since the last one.

        The files of a round are there without it; only after a kill is the round trained again. In
        short rounds a checkpoint after each would take a tenth of the time.
        """
        return processes.agreed(lambda: time.monotonic() - self.saved >= WORTH * self.saving)

    def _save(self, kind: str, name: str, moment: Moment) -> None:
        begin = time.monotonic()
        snapshots.save(self.folder / kind, len(self.group.bases), name, moment)
        self.saved = time.monotonic()
        self.saving, self.newest = self.saved - begin, (name, moment.round)
        if self.saved - self.settled > SETTLE_SECONDS:
            self._settle()

    def _settle(self) -> None:
        """Sees to it that nothing is lost of what is behind us, even if the machine stops."""
        if processes.leads():
            settle()
        self.settled = time.monotonic()

    def _load(self, kind: str) -> tuple[str, Moment] | None:
        return snapshots.load(self.folder / kind, self.work.recipe, self.stack, self.group.bases)

    def _finished(self, cell: Cell) -> bool:
        return finished(self.files, cell, self.experiment.algorithm)

    def _ended(self, algorithm: Algorithm) -> bool:
        """Whether nothing is left to do of an algorithm."""
        return processes.agreed(lambda: all(map(self._finished, self._cells(algorithm))))

    def _lacks(self, moment: Moment, cells: list[Cell]) -> bool:
        """Whether files of a round that a moment has behind it are gone, of any of these cells."""
        behind = moment.round + moment.done

        def lacks(cell: Cell) -> bool:
            return len(self.files[cell].rows) < behind and not self._finished(cell)

        return processes.agreed(lambda: any(map(lacks, cells)))

    def _cells(self, algorithm: Algorithm) -> list[Cell]:
        return [Cell(algorithm.name, *base) for base in self.group.bases]

    def _masks_from(self, algorithm: Algorithm, like: Mask) -> Callable[[int], Mask]:
        """The stacked masks of another algorithm; its last ones where it diverged."""
        cells = [Cell(algorithm.masks_from, *base) for base in self.group.bases]

        def given(round_: int) -> Arrays:
            last = [min(round_, len(self.files[cell].rows) - 1) for cell in cells]
            read = [read_mask(self.workdir, c, r) for c, r in zip(cells, last, strict=True)]
            order = snapshots.rows(self.work.recipe, self.group.bases)
            return {name: np.stack([read[i][name] for i in order]) for name in read[0]}

        def on_devices(round_: int) -> Mask:
            arrays = processes.given(partial(given, round_))
            return replicas.stack(self.work.recipe, masks.unnamed(arrays, like), self.stack.size)

        return on_devices

    def _record(self, algorithm: Algorithm, moment: Moment, first: Moment) -> None:
        """Writes the files of a finished round, of every cell that has not ended before.

        Args:
          first: the finished round 0, which has EL2N.
        """
        cells = self._cells(algorithm)
        anchor = first.anchors[self.work.recipe.step_at(algorithm.rewind_to)]
        made = recording.finished(self.experiment, cells, self.trained, moment, first, anchor)
        kept = self.experiment.save_params and moment.round == 0
        anchors = recording.saved_of(anchor) if kept else []
        if not processes.leads():
            return
        for cell, own in zip(cells, anchors, strict=False):
            write_arrays(paths.anchor(self.workdir, cell), packed(own, {}))
        for cell, own in zip(cells, made, strict=True):
            source = self.files.get(cell._replace(algorithm=algorithm.masks_from))
            if not self._finished(cell) and (source is None or source.has(moment.round)):
                self.files[cell].add(own, manifest.origin(self.digest, cell))
