"""What must hold between the cells of a run; see `invariants` for what must in each."""

import itertools
from collections.abc import Iterator
from math import isnan
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pruning_jax import results
from pruning_jax.analysis import recorded
from pruning_jax.analysis.invariants import corrupted, first_wrong
from pruning_jax.analysis.recorded import Damaged, Record, Rows
from pruning_jax.experiment import Cell, Experiment


class Base(NamedTuple):
    """What the algorithms of one (noise rate, seed) share."""

    record: Record  # of the first of them; of its arrays, what is compared

    @classmethod
    def of(cls, record: Record) -> "Base":
        """That of an algorithm."""
        names = ("label", "true_label", "index", "train_loss")
        arrays = {name: record.examples[name] for name in names}
        arrays["train_loss"] = arrays["train_loss"][:1].copy()
        return cls(record._replace(masks=[], examples=arrays))

    @property
    def file(self) -> Path:
        return self.record.examples_file

    def compare(self, other: Record) -> str:
        """How another algorithm's labels or round 0 differ, or ""."""
        mine, theirs = self.record.examples, other.examples
        same = {n: np.array_equal(mine[n], theirs[n]) for n in ("label", "true_label", "index")}
        losses = (e["train_loss"][0].tobytes() for e in (mine, theirs))
        first = next(losses) == next(losses)
        different = [
            n for n, holds in {**same, "train_loss of round 0": first}.items() if not holds
        ]
        message = f"{', '.join(different)} is not that of {self.file}"
        return first_wrong(other.examples_file, (not different, message))


def noise_nested(bases: list[Base]) -> Iterator[str]:
    """For one seed, the noisy labels of a rate are noisy labels of every higher rate."""
    ordered = sorted(bases, key=lambda b: (b.record.cell.seed, b.record.cell.noise_rate))
    for low, high in itertools.pairwise(ordered):
        if low.record.cell.seed != high.record.cell.seed:
            continue
        below, above = low.record.examples, high.record.examples
        lost = corrupted(low.record) & (below["label"] != above["label"])
        message = f"{lost.sum()} noisy labels of {low.file} are others here"
        yield first_wrong(high.file, (not lost.any(), message))


def union(
    path: Path, experiment: Experiment, tables: dict[Cell, Rows], complete: bool
) -> Iterator[str]:
    """Each row of the union is that of a cell; the union of a complete run has them all.

    `tables` lacks cells with something wrong: their rows are left out.
    """
    if not (complete or path.exists()):
        return
    try:
        rows = recorded.rows(path)
    except Damaged as error:
        yield str(error)
        return
    left = {(*cell, row["round"]): row for cell, part in tables.items() for row in part}
    for row in rows:
        cell = Cell(row["algorithm"], row["noise_rate"], row["seed"])
        if cell in tables or cell not in experiment.cells:
            own = left.pop((*cell, row["round"]), None)
            differ = [n for n in results.SCHEMA.names if own and not _same(own[n], row[n])]
            wrong = f"differs in {', '.join(differ)}" if differ else "is in no file of a cell"
            message = f"{path}: the row of {cell.folder}, round {row['round']}, {wrong}"
            yield message if differ or own is None else ""
    if complete and left:
        yield f"{path}: {len(left)} rows of cells are missing, the first is {next(iter(left))}"


def _same(a: object, b: object) -> bool:
    """Whether two entries of a table are equal; NaN equals NaN."""
    return a == b or (isinstance(a, float) and isinstance(b, float) and isnan(a) and isnan(b))
