"""The files of cells as they are written, and the union of all rows.

Each cell has files of its own, so that processes need no lock to write them. Each file is written
whole or not at all, the manifest after the arrays of a round, and rounds.parquet after all others:
a round is complete when its row is there.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pruning_jax import files
from pruning_jax.errors import WrongUse, said
from pruning_jax.experiment.algorithm import MOST_ROUNDS, Algorithm
from pruning_jax.experiment.cells import Cell
from pruning_jax.files import Arrays, read_arrays, remove_partial, write_arrays
from pruning_jax.workdir import manifest, paths
from pruning_jax.workdir.columns import OVER_ROUNDS, SCHEMA, Row
from pruning_jax.workdir.manifest import Entry, States
from pruning_jax.workdir.saved import Saved, packed


def write_rows(path: Path, rows: list[Row]) -> None:
    """Writes rows as a Parquet file, whole or not at all."""
    write_table(path, pa.Table.from_pylist(rows, SCHEMA))


def write_table(path: Path, table: pa.Table) -> None:
    """Writes a table as a Parquet file, whole or not at all."""
    files.replace(path, lambda file: pq.write_table(table, file))


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


class Finished(NamedTuple):
    """All that is to be kept of a round of a cell."""

    row: Row
    mask: Arrays  # by the paths of its leaves
    examples: Arrays  # the arrays of examples.npz; those over rounds have this round alone
    states: States  # between which it was trained, as hashes
    network: Saved | None  # None if it is not to be saved


class CellFiles:
    """The files of one cell, as far as its rounds are complete."""

    def __init__(self, workdir: Path, cell: Cell) -> None:
        """Reads the rows.

        Raises:
          WrongUse: their file cannot be read. A run that has this cell to itself mends it first
            (mending.py).
        """
        self.workdir, self.cell = workdir, cell
        self.folder = paths.cell(workdir, cell)
        rounds = paths.rounds(workdir, cell)
        try:
            table = read_table(rounds, MOST_ROUNDS) if rounds.exists() else SCHEMA.empty_table()
            self.rows: list[Row] = table.to_pylist()
            self._table = table.cast(SCHEMA)  # a run goes on only with the columns that it has
        except Exception as error:  # a damaged file may lead to any error
            raise WrongUse(
                f"{rounds} cannot be read ({said(error)}); run the same command again once no "
                "other process works on its cell, which is mended then"
            ) from error

    @cached_property
    def over_rounds(self) -> dict[str, list[np.ndarray]]:
        """What each round adds to examples.npz; read when the first round is added."""
        if not self.rows:
            return {name: [] for name in OVER_ROUNDS}
        examples = read_arrays(paths.examples(self.workdir, self.cell))
        return {name: list(examples[name]) for name in OVER_ROUNDS}

    @cached_property
    def entries(self) -> list[Entry]:
        """The entries of the manifest; read when the first round is added."""
        return manifest.read(self.workdir, self.cell) if self.rows else []

    def forget(self) -> None:
        """Lets go of these arrays, to save memory; they are read again if they are needed."""
        self.__dict__.pop("over_rounds", None)

    def has(self, round_: int) -> bool:
        """Whether this round is complete."""
        return len(self.rows) > round_

    def add(self, made: Finished, origin: str) -> None:
        """Writes a finished round. If it was there before, later rounds are taken away.

        Args:
          made: what is to be kept of it.
          origin: the sum with which the cell's chain begins, as `manifest.origin` gives it.
        """
        line = pa.Table.from_pylist([made.row], SCHEMA)
        (row,) = line.to_pylist()  # as it is read again, so that its sum is the same then
        round_ = row["round"]
        where = self.workdir, self.cell
        mask = write_arrays(paths.mask(*where, round_), made.mask, compressed=True)
        params = b""
        if made.network is not None:
            params = write_arrays(paths.params(*where, round_), packed(made.network, made.mask))
        for name, values in self.over_rounds.items():
            values[round_:] = [made.examples[name]]
        stacked = {name: np.stack(values) for name, values in self.over_rounds.items()}
        examples = {**made.examples, **stacked}
        write_arrays(paths.examples(*where), examples)
        entry = Entry(
            round=round_,
            row=manifest.sum_of_row(row),
            examples=manifest.sum_of_examples(examples, round_),
            mask=manifest.sum_of_bytes(mask),
            params=manifest.sum_of_bytes(params) if params else "",
            states=made.states,
            previous=self.entries[round_ - 1].sum if round_ else origin,
        )
        self.entries[round_:] = [replace(entry, sum=manifest.chained(entry))]
        manifest.write(*where, self.entries)
        self.rows[round_:] = [row]
        self._table = pa.concat_tables([self._table.slice(0, round_), line])
        write_table(paths.rounds(*where), self._table)


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
