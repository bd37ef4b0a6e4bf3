"""What must hold between the cells of a run."""

import itertools
from collections.abc import Iterator
from math import isnan
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.workdir import recorded
from pruning_jax.workdir.columns import OVER_ROUNDS, SCHEMA
from pruning_jax.workdir.invariants.agreement import first_wrong
from pruning_jax.workdir.invariants.examples import corrupted
from pruning_jax.workdir.recorded import Damaged, Record, Rows

SAME = ("label", "true_label", "index", "test_label")
"""The arrays that all cells of one noise rate and seed have in common, if they are trained on the
same examples."""


class Reference(NamedTuple):
    """The first cell of those that share labels and round 0, with which the others are compared.

    They share them if they have one noise rate, one seed and algorithms of one variant.
    """

    record: Record  # its arrays are only those that are compared

    @classmethod
    def of(cls, record: Record) -> "Reference":
        """The reference that a cell is; it keeps only little of the cell's arrays in memory."""
        arrays = {name: record.examples[name] for name in SAME}
        arrays |= {name: record.examples[name][:1].copy() for name in OVER_ROUNDS}
        return cls(record._replace(masks=[], examples=arrays))

    @property
    def file(self) -> Path:
        """The file with its arrays."""
        return self.record.examples_file

    def compare(self, other: Record) -> str:
        """How another cell's labels or round 0 differ, or ""."""
        mine, theirs = self.record.examples, other.examples
        differ = [name for name in SAME if not np.array_equal(mine[name], theirs[name])]
        differ += [
            f"{name} of round 0"
            for name in OVER_ROUNDS
            if mine[name][0].tobytes() != theirs[name][0].tobytes()
        ]
        message = f"{', '.join(differ)} should be as in {self.file}"
        return first_wrong(other.examples_file, (not differ, message))


def noise_nested(references: list[Reference]) -> Iterator[str]:
    """For one seed, the noisy labels of a rate are noisy labels of every higher rate."""
    ordered = sorted(references, key=lambda r: (r.record.cell.seed, r.record.cell.noise_rate))
    for low, high in itertools.pairwise(ordered):
        if low.record.cell.seed != high.record.cell.seed:
            continue
        below, above = low.record.examples, high.record.examples
        lost = corrupted(low.record) & (below["label"] != above["label"])
        message = f"{lost.sum()} labels that are noisy in {low.file} are different here"
        yield first_wrong(high.file, (not lost.any(), message))


def union(
    path: Path, experiment: Experiment, tables: dict[Cell, Rows], complete: bool
) -> Iterator[str]:
    """Each row of the union is that of a cell; the union of a complete run has them all.

    Args:
      path: the file of the union.
      experiment: what the run was asked for.
      tables: the rows of cells. Rows of the union that belong to a cell which is not here are not
        checked, because something is wrong with that cell.
      complete: whether all cells are finished and sound.
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
            differ = [n for n in SCHEMA.names if own and not _same(own[n], row[n])]
            wrong = f"differs in {', '.join(differ)} from that in" if differ else "is not in"
            message = f"{path}: the row of round {row['round']} {wrong} {cell.folder}"
            yield message if differ or own is None else ""
    if complete and left:
        yield f"{path}: {len(left)} rows of cells are missing, the first is {next(iter(left))}"


def _same(a: object, b: object) -> bool:
    """Whether two entries of a table are equal; NaN equals NaN."""
    return a == b or (isinstance(a, float) and isinstance(b, float) and isnan(a) and isnan(b))
