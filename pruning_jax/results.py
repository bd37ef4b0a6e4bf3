"""The files and columns of a run.

Each cell writes its own files, whole or not at all; `rounds.parquet` comes last and says
which rounds are complete.
"""

import os
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pruning_jax.config import Algorithm
from pruning_jax.experiment import Cell

SCHEMA = pa.schema(
    [(n, pa.string()) for n in ("dataset", "model", "algorithm")]
    # A control: of which algorithm; of which of its rounds, if that decides the examples.
    + [("control_of", pa.string()), ("control_round", pa.int64())]
    + [("width", pa.float64())]  # of every hidden layer, relative to the configured network
    + [("without", pa.string())]  # examples left out: "", noisy, top_improved, random
    + [("train_examples", pa.int64())]
    + [(n, pa.string()) for n in ("criterion", "rewind", "noise_kind")]
    + [("noise_rate", pa.float64())]
    + [("noise_realised", pa.float64())]  # of all training labels, those that are not the true one
    + [("seed", pa.int64()), ("round", pa.int64())]
    # Spent so far; the shared round 0 counts even where scores ignore it.
    + [("epochs_trained", pa.float64())]
    + [("weights_total", pa.int64()), ("weights_remaining", pa.int64()), ("density", pa.float64())]
    + [("schedule", pa.string())]
    # Of the examples trained on; accuracy against given and against true labels.
    + [(n, pa.float64()) for n in ("train_loss", "train_accuracy", "train_true_accuracy")]
    # Of all training examples, those left out included:
    + [("clean_accuracy", pa.float64())]  # of the examples whose label is true
    + [("noisy_accuracy", pa.float64())]  # of the noisy examples, given labels; NaN without noise
    + [("noisy_recovered", pa.float64())]  # of the noisy examples, true labels
    + [("validation_loss", pa.float64()), ("validation_accuracy", pa.float64())]
    + [("validation_noisy_accuracy", pa.float64())]  # against labels as noisy as the training ones
    + [("test_loss", pa.float64()), ("test_accuracy", pa.float64())]
    # From initialisation: the l2 norm over the surviving weights.
    + [("distance", pa.float64())]
    + [("diverged", pa.bool_())]  # a loss that is not finite; this row is the cell's last
    + [("seconds", pa.float64())]  # wall time of the stack in this round / its replicas
)
"""One row per cell and round. Losses in nats, accuracies as fractions."""


def replace(path: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Writes a file whole or not at all.

    Raises:
      OSError: with the file's name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with partial.open("wb") as file:
            write(file)
        partial.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        partial.unlink(missing_ok=True)


def remove_partial(folder: Path) -> None:
    """Removes what a killed process left half written below a folder of which no other
    process writes files."""
    for path in folder.rglob(".*.tmp"):
        path.unlink(missing_ok=True)


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    """Writes a table of rows."""
    table = pa.Table.from_pylist(rows, SCHEMA)
    replace(path, lambda file: pq.write_table(table, file))


class CellFiles:
    """The files of one cell, as far as its rounds are complete."""

    def __init__(self, workdir: Path, cell: Cell) -> None:
        self.folder = workdir / cell.folder
        rows = self.folder / "rounds.parquet"
        self.rows: list[dict[str, Any]] = pq.read_table(rows).to_pylist() if rows.exists() else []

    @cached_property
    def over_rounds(self) -> dict[str, list[np.ndarray]]:
        """What each round adds to examples.npz; read when the first round is added."""
        if not self.rows:
            return {"train_loss": [], "correct": []}
        with np.load(self.folder / "examples.npz", allow_pickle=False) as examples:
            return {name: list(examples[name]) for name in ("train_loss", "correct")}

    def forget(self) -> None:
        """Lets go of the arrays; they are read again if another round is added."""
        self.__dict__.pop("over_rounds", None)

    def has(self, round_: int) -> bool:
        """Whether this round is complete."""
        return len(self.rows) > round_

    def diverged(self, before: int) -> bool:
        """Whether the cell ended in an earlier round than `before`."""
        return any(row["diverged"] for row in self.rows[:before])

    def complete(self, rounds: int) -> bool:
        """Whether nothing is left to do up to the last round, `rounds`."""
        return self.has(rounds) or self.diverged(len(self.rows))

    def short_of(self, count: int) -> bool:
        """Whether fewer than `count` rounds are complete, though nothing diverged."""
        return len(self.rows) < count and not self.diverged(count)

    def add(
        self,
        row: dict[str, Any],
        mask: dict[str, Any],
        examples: dict[str, Any],
        params: dict[str, Any],
    ) -> None:
        """Writes a finished round; the rows of it and of later rounds that stood there go.

        `examples` are the arrays of examples.npz; `train_loss` and `correct` of this round.
        """
        round_ = row["round"]
        name = f"round_{round_:02d}.npz"
        replace(self.folder / "masks" / name, lambda file: np.savez_compressed(file, **mask))
        if params:
            replace(self.folder / "params" / name, lambda file: np.savez(file, **params))
        for key, values in self.over_rounds.items():
            values[round_:] = [examples[key]]
        self.rows[round_:] = [row]
        arrays: dict[str, Any] = {
            **examples,
            **{k: np.stack(v) for k, v in self.over_rounds.items()},
        }
        replace(self.folder / "examples.npz", lambda file: np.savez(file, **arrays))
        write_rows(self.folder / "rounds.parquet", self.rows)


def finished(files: Mapping[Cell, CellFiles], cell: Cell, algorithm: Algorithm) -> bool:
    """Whether nothing is left to do of a cell. One that takes its masks from another cell
    ends where that one diverged."""
    own, source = files[cell], files.get(cell._replace(algorithm=algorithm.masks_from))
    if source and source.diverged(len(source.rows)) and len(own.rows) >= len(source.rows):
        return True
    return own.complete(algorithm.rounds)


def read_mask(workdir: Path, cell: Cell, round_: int) -> dict[str, np.ndarray]:
    """The mask of a finished round, by the paths of its leaves."""
    path = workdir / cell.folder / "masks" / f"round_{round_:02d}.npz"
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def unite(workdir: Path) -> pd.DataFrame:
    """The rows of all cells, also written to `<workdir>/rounds.parquet`.

    Only one process may do this at a time.
    """
    for folder in (workdir, workdir / "figures"):
        for path in folder.glob(".*.tmp"):  # half written by a process that was killed
            path.unlink()
    parts = sorted(workdir.glob("cells/*/*/*/rounds.parquet"))
    rows = [row for part in parts for row in pq.read_table(part).to_pylist()]
    rows.sort(key=lambda row: (row["algorithm"], row["noise_rate"], row["seed"], row["round"]))
    write_rows(workdir / "rounds.parquet", rows)
    return pd.DataFrame(rows, columns=SCHEMA.names)
