"""The files of cells as they are written, and the union of all rows.

Each cell has files of its own, so that processes need no lock to write them. Each file is written
whole or not at all, and rounds.parquet after all others of a round: a round is complete when its
row is there.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Cell
from pruning_jax.files import Arrays, read_arrays, remove_partial, replace, write_arrays
from pruning_jax.workdir import paths
from pruning_jax.workdir.columns import OVER_ROUNDS, SCHEMA, Row


def write_rows(path: Path, rows: list[Row]) -> None:
    """Writes rows as a Parquet file, whole or not at all."""
    table = pa.Table.from_pylist(rows, SCHEMA)
    replace(path, lambda file: pq.write_table(table, file))


MOST_ROWS = 10_000_000
"""A table with more rows is not of this program; reading it could fill the memory."""


def read_table(path: Path, most_rows: int = MOST_ROWS) -> pa.Table:
    """The table of one Parquet file, as it is.

    It is read as a single file: `read_table` of pyarrow takes the `seed=3` in its path for a
    column of a partitioned data set. It is small, so that threads would gain nothing; and those of
    pyarrow 17 at times abort a process that ends.

    Raises:
      Exception: what pyarrow or the disk raise for a file that is missing or damaged, or ValueError
        for one with more than `most_rows` rows, before they are unpacked.
    """
    with path.open("rb") as file:
        parquet = pq.ParquetFile(file)
        count = parquet.metadata.num_rows
        if count > most_rows:
            raise ValueError(f"it has {count:,} rows, and may have {most_rows:,}")
        return parquet.read(use_threads=False)


class CellFiles:
    """The files of one cell, as far as its rounds are complete."""

    def __init__(self, workdir: Path, cell: Cell) -> None:
        self.workdir, self.cell = workdir, cell
        self.folder = paths.cell(workdir, cell)
        rounds = paths.rounds(workdir, cell)
        self.rows: list[Row] = read_table(rounds).to_pylist() if rounds.exists() else []

    @cached_property
    def over_rounds(self) -> dict[str, list[np.ndarray]]:
        """What each round adds to examples.npz; read when the first round is added."""
        if not self.rows:
            return {name: [] for name in OVER_ROUNDS}
        examples = read_arrays(paths.examples(self.workdir, self.cell))
        return {name: list(examples[name]) for name in OVER_ROUNDS}

    def forget(self) -> None:
        """Lets go of these arrays, to save memory; they are read again if they are needed."""
        self.__dict__.pop("over_rounds", None)

    def has(self, round_: int) -> bool:
        """Whether this round is complete."""
        return len(self.rows) > round_

    def add(self, row: Row, mask: Arrays, examples: Arrays, params: Arrays) -> None:
        """Writes a finished round. If it was there before, later rounds are taken away.

        Args:
          row: the row of rounds.parquet.
          mask: by the paths of its leaves.
          examples: the arrays of examples.npz; those over rounds have this round alone.
          params: by the paths of its leaves; empty if they are not to be saved.
        """
        round_ = row["round"]
        where = self.workdir, self.cell
        write_arrays(paths.mask(*where, round_), mask, compressed=True)
        if params:
            write_arrays(paths.params(*where, round_), params)
        for name, values in self.over_rounds.items():
            values[round_:] = [examples[name]]
        self.rows[round_:] = [row]
        stacked = {name: np.stack(values) for name, values in self.over_rounds.items()}
        write_arrays(paths.examples(*where), {**examples, **stacked})
        write_rows(paths.rounds(*where), self.rows)


def ended_in(algorithm: Algorithm, rows: Sequence[Row]) -> list[bool]:
    """For each complete round of a cell, whether no other follows it.

    None does after the last round of the algorithm, after one in which the network diverged, and,
    where the algorithm goes on until networks collapse, after the second one in a row that ends
    with a collapsed network. Of each row `diverged` and `clean_accuracy` are looked at.
    """
    collapsed = [0 < algorithm.collapsed >= row["clean_accuracy"] for row in rows]
    twice = [False, *(a and b for a, b in itertools.pairwise(collapsed))]
    return [
        row["diverged"] or ends or round_ == algorithm.rounds
        for round_, (row, ends) in enumerate(zip(rows, twice, strict=False))
    ]


def nothing_left(ended_in: Sequence[bool], giver_ended_in: Sequence[bool] = ()) -> bool:
    """Whether a cell is finished: it has ended, or there are no more masks for it.

    Args:
      ended_in: for each complete round of the cell, whether no other follows it.
      giver_ended_in: the same for the cell whose masks it takes, if it takes any. Where that one
        has ended there is no mask for a later round.
    """
    no_more_masks = any(giver_ended_in) and len(ended_in) >= len(giver_ended_in)
    return any(ended_in) or no_more_masks


def finished(
    files: Mapping[Cell, CellFiles], cell: Cell, algorithm: Callable[[str], Algorithm]
) -> bool:
    """Whether nothing is left to do of a cell, by its files and those of the giver of its masks.

    Args:
      files: of this cell, and of the giver if there is one.
      cell: which one.
      algorithm: gives the algorithm of a name, as `Experiment.algorithm` does.
    """
    own = algorithm(cell.algorithm)
    giver = cell._replace(algorithm=own.masks_from)
    theirs = ended_in(algorithm(own.masks_from), files[giver].rows) if giver in files else ()
    return nothing_left(ended_in(own, files[cell].rows), theirs)


def read_mask(workdir: Path, cell: Cell, round_: int) -> Arrays:
    """The mask of a finished round, by the paths of its leaves."""
    return read_arrays(paths.mask(workdir, cell, round_))


def unite(workdir: Path) -> pd.DataFrame:
    """The rows of all cells, which also become the union, `<workdir>/rounds.parquet`.

    Only one process may do this at a time; `locks.exclusive` sees to it.
    """
    for folder in (workdir, paths.figures(workdir)):
        remove_partial(folder, below=False)
    parts = paths.cell_tables(workdir)
    rows = [row for part in parts for row in read_table(part).to_pylist()]
    rows.sort(key=lambda row: (row["algorithm"], row["noise_rate"], row["seed"], row["round"]))
    write_rows(paths.union(workdir), rows)
    return pd.DataFrame(rows, columns=SCHEMA.names)
