"""Runs a group: computes it, writes its files, saves where it stands and resumes."""

import shutil
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from pruning_jax import cost, grid, masks, metrics, replicas, rounds, snapshots, streaming, subsets
from pruning_jax.config import Algorithm
from pruning_jax.data import Division
from pruning_jax.experiment import Cell, Experiment
from pruning_jax.grid import Group, Labels
from pruning_jax.results import CellFiles, finished, read_mask, remove_partial
from pruning_jax.rounds import Moment, Stack, Work
from pruning_jax.train import Examples, Outcome
from pruning_jax.types import Mask


class Progress(NamedTuple):
    """Where a group stands."""

    algorithm: str  # "dense" in round 0, which all algorithms share
    round: int
    density: float
    steps: int  # of the steps that each replica makes in this group, those behind us
    done: bool  # the round is complete


def stack(division: Division, group: Group, labels: list[Labels], used: list[np.ndarray]) -> Stack:
    """A group's replicas on the devices. `used`, bool [train] of each: what it trains on."""
    order = snapshots.rows(group.recipe, group.bases)
    keys = jax.numpy.stack([jax.random.key(group.bases[i].seed) for i in order])
    given = np.stack([labels[i].given for i in order])
    places = np.stack([np.flatnonzero(used[i]).astype(np.int32) for i in order])
    own = replicas.stack(group.recipe, (keys, given, places), len(order))
    images = None if division.streamed else division.images
    shared = Examples(images, None, None, division.mean, division.std)
    return Stack(
        *own,
        examples=replicas.share(group.recipe, shared, len(order)),
        reader=streaming.Reader(division.images) if division.streamed else None,
    )


def trial(experiment: Experiment, group: Group, division: Division) -> Stack:
    """A group's replicas with as many examples as it is trained on, whichever these will be."""
    labels = [grid.labels(experiment, division, base) for base in group.bases]
    used = np.arange(experiment.recipe.train_size) < group.recipe.train_size
    return stack(division, group, labels, [used] * len(labels))


class GroupRun:
    """A group at work in a workdir. All that it must remember lies in its files."""

    def __init__(
        self,
        experiment: Experiment,
        group: Group,
        division: Division,
        workdir: Path,
        checkpoint_minutes: float,
        pace: int = 0,
    ) -> None:
        """`pace`: steps between two moments at which it can be stopped; 0: an epoch."""
        self.experiment, self.group, self.division = experiment, group, division
        self.workdir, self.folder = workdir, snapshots.folder(workdir, group)
        self.labels = [grid.labels(experiment, division, base) for base in group.bases]
        self.used = [
            subsets.used(experiment, group.algorithms[0], base, labels, workdir)
            for base, labels in zip(group.bases, self.labels, strict=True)
        ]
        self.stack = stack(division, group, self.labels, self.used)
        self.work = Work(
            group.recipe,
            group.algorithms,
            experiment.el2n_step(group.recipe),
            min(experiment.scoring_examples, group.recipe.train_size),
            pace or group.recipe.steps_per_epoch,
        )
        self.files = {cell: CellFiles(workdir, cell) for cell in group.cells}
        for files in self.files.values():
            remove_partial(files.folder)
        self.checkpoint_seconds = 60 * checkpoint_minutes
        self.saved = time.monotonic()

    def run(self) -> Generator[Progress, None, None]:
        """Does what is left of the group. Closing the generator saves where it stands."""
        found = self._load("round")
        first = yield from self._dense(found[1] if found and found[0] == "dense" else None)
        for algorithm in self.group.algorithms:
            cells = self._cells(algorithm)
            files = [self.files[cell] for cell in cells]
            if not all(f.has(0) for f in files):
                self._record(algorithm, first, first.el2n)
            if all(finished(self.files, cell, algorithm) for cell in cells):
                continue
            resume = found[1] if found and found[0] == algorithm.name else None
            if resume and any(f.short_of(resume.round + resume.done) for f in files):
                resume = None  # files were removed since: these rounds are made again
            yield from self._algorithm(algorithm, first, resume)
            for f in files:
                f.forget()
        shutil.rmtree(self.folder / "round", ignore_errors=True)

    def _dense(self, resume: Moment | None) -> Generator[Progress, None, Moment]:
        """Round 0: read if it is there, even if another group trained it; else trained.

        That of other algorithms may lack an anchor that these need.
        """
        for place in sorted(self.folder.parent.glob("*/dense")):
            found = snapshots.load(place, self.work.recipe, self.stack, self.group.bases)
            if found and found[1].anchors.keys() >= set(self.work.anchors):
                return rounds.finished(self.work, self.stack, found[1])
        moments = rounds.dense(self.work, self.stack, resume)
        while not (moment := next(moments)).done:
            yield from self._report("dense", moment, 1.0, moment.step)
        self._save("dense", "dense", moment)
        return moment

    def _algorithm(
        self, algorithm: Algorithm, first: Moment, resume: Moment | None
    ) -> Generator[Progress, None, None]:
        given = self._masks_from(algorithm, first.mask) if algorithm.masks_from else None
        if resume:
            resume = resume._replace(anchors=first.anchors)
        for moment in rounds.run(
            self.work, algorithm, self.stack, first, given_mask=given, resume=resume
        ):
            if moment.done:
                self._record(algorithm, moment, first.el2n)
                self._save("round", algorithm.name, moment)
            steps = cost.steps_done(self.group, algorithm, moment)
            density = algorithm.densities[moment.round]
            yield from self._report(algorithm.name, moment, density, steps)
            if all(finished(self.files, cell, algorithm) for cell in self._cells(algorithm)):
                return  # before its last round if every replica has diverged

    def _report(
        self, name: str, moment: Moment, density: float, steps: int
    ) -> Generator[Progress, None, None]:
        """Reports a moment; saves it if a checkpoint is due or if this is where we are stopped."""
        if time.monotonic() - self.saved > self.checkpoint_seconds:
            self._save("round", name, moment)
        try:
            yield Progress(name, moment.round, density, steps, moment.done)
        except GeneratorExit:
            if not moment.done:
                self._save("round", name, moment)
            raise

    def _save(self, kind: str, name: str, moment: Moment) -> None:
        snapshots.save(self.folder / kind, len(self.group.bases), name, moment)
        self.saved = time.monotonic()

    def _load(self, kind: str) -> tuple[str, Moment] | None:
        return snapshots.load(self.folder / kind, self.work.recipe, self.stack, self.group.bases)

    def _cells(self, algorithm: Algorithm) -> list[Cell]:
        return [Cell(algorithm.name, *base) for base in self.group.bases]

    def _masks_from(self, algorithm: Algorithm, like: Mask) -> Callable[[int], Mask]:
        """The stacked masks of another algorithm; its last ones where it diverged."""
        cells = [Cell(algorithm.masks_from, *base) for base in self.group.bases]

        def given(round_: int) -> Mask:
            last = [min(round_, len(self.files[cell].rows) - 1) for cell in cells]
            found = [read_mask(self.workdir, c, r) for c, r in zip(cells, last, strict=True)]
            order = snapshots.rows(self.work.recipe, self.group.bases)
            arrays = {name: np.stack([found[i][name] for i in order]) for name in found[0]}
            return replicas.stack(self.work.recipe, masks.unnamed(arrays, like), self.stack.size)

        return given

    def _record(self, algorithm: Algorithm, moment: Moment, el2n: np.ndarray) -> None:
        """Writes the files of a finished round, of every cell that has not diverged before."""
        named = masks.named(jax.device_get(moment.mask))
        params = (
            masks.named(jax.device_get(moment.state.params)) if self.experiment.save_params else {}
        )
        seconds = moment.seconds / len(self.group.bases)
        train = self.division.train
        for i, cell in enumerate(self._cells(algorithm)):
            files, labels = self.files[cell], self.labels[i]
            source = self.files.get(Cell(algorithm.masks_from, *self.group.bases[i]))
            if finished(self.files, cell, algorithm) or files.diverged(moment.round):
                continue
            if source and not source.has(moment.round):
                continue
            mask = {name: leaf[i] for name, leaf in named.items()}
            outcome = Outcome(*(array[i] for array in moment.outcome))
            row = metrics.row(
                self.experiment,
                cell,
                self.division,
                labels,
                self.used[i],
                moment.round,
                mask,
                outcome,
                seconds,
            )
            examples = {
                "label": labels.given[train],
                "true_label": self.division.labels[train],
                "is_noisy": labels.is_noisy,
                "used": self.used[i],
                "index": self.division.origin,
                "el2n": el2n[i][train],
                "train_loss": outcome.loss[train],
                "correct": outcome.prediction[train] == labels.given[train],
            }
            files.add(row, mask, examples, {name: leaf[i] for name, leaf in params.items()})
