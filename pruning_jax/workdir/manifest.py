"""The manifest of a cell: sums over all that its files say, chained from round to round.

manifest.json has an `Entry` for each complete round. An entry has the sum of each file or part of a
file that the round added, hashes of the states between which the round was trained, and the sum of
the entry before it. So a number that was changed afterwards is found even where nothing else
contradicts it, unless every later entry was made anew; and then the sum of the whole run
is another, which `verify` prints and the report shows.

All sums are SHA-256 in hexadecimal digits; those of leaves are cut to 16 digits.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np

from pruning_jax import files
from pruning_jax.experiment.algorithm import MOST_ROUNDS
from pruning_jax.experiment.cells import Cell
from pruning_jax.files import Arrays
from pruning_jax.workdir import bounds, paths
from pruning_jax.workdir.columns import EXAMPLE_ARRAYS, OVER_ROUNDS, Row

Leaves: TypeAlias = dict[str, str]
"""The hash of each leaf of a state by its path: `params/Dense_0/kernel`,
`statistics/BatchNorm_0/mean`, `optimizer/0`; and `step`, which is written as a number."""

LEAF_DIGITS = 16


@dataclass(frozen=True)
class States:
    """The states that a round of a cell began and ended with, as hashes of their leaves.

    `anchor` and `last` are masked by the mask of this round, so that they can be compared with
    `start`: a rewind promises which of the two each leaf of `start` is. In round 0 nothing is
    pruned, `anchor` is the state that the algorithm rewinds to, and `last` is empty.
    """

    start: Leaves  # at the first step of the round: all of the state
    end: Leaves  # after its last step: parameters, BatchNorm's statistics, and the step
    anchor: Leaves  # what is rewound to: parameters, statistics, step
    last: Leaves  # what the round before ended with (round 0, for pruning in one shot): the same


@dataclass(frozen=True)
class Entry:
    """What a round of a cell added to its files."""

    round: int
    row: str  # the sum of its row in rounds.parquet
    examples: str  # of its part of examples.npz, with what is the same in all rounds
    mask: str  # of the file of its mask, byte for byte
    params: str  # of the file of its parameters; "" where they are not saved
    states: States
    previous: str  # the sum of the entry before; of round 0 the sum that `origin` gives
    sum: str = field(default="", kw_only=True)  # of all of the above


def origin(digest: str, cell: Cell) -> str:
    """The sum that the chain of a cell begins with: it belongs to this cell of this experiment.

    Args:
      digest: the hash of the experiment, as in config.json.
      cell: which one.
    """
    return sum_of_bytes(f"{digest} {cell.folder}".encode())


def sum_of_bytes(content: bytes) -> str:
    """The sum of what a file holds."""
    return hashlib.sha256(content).hexdigest()


def sum_of_row(row: Row) -> str:
    """The sum of a row: of its values in the order of their names, exactly as they are."""
    values = {name: _exact(value) for name, value in row.items()}
    return sum_of_bytes(json.dumps(values, sort_keys=True).encode())


def _exact(value: object) -> object:
    """A value as JSON has it, to the last bit; nothing, as a table may have it, is NaN."""
    if value is None:
        return "nan"
    return value.hex() if isinstance(value, float) else value


def sum_of_arrays(arrays: Mapping[str, np.ndarray]) -> str:
    """The sum of arrays: of their names, types, shapes and bytes, in the order of their names."""
    whole = hashlib.sha256()
    for name in sorted(arrays):
        whole.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape} ".encode())
        whole.update(
            np.ascontiguousarray(arrays[name]).data.cast("B") if arrays[name].size else b""
        )
    return whole.hexdigest()


def sum_of_examples(examples: Arrays, round_: int) -> str:
    """The sum of what examples.npz says of one round, with the arrays that all rounds share.

    `el2n_mean` does not belong to it. It is written when all cells are finished, and it can be
    computed again from the others.
    """
    constant = [a.name for a in EXAMPLE_ARRAYS if a.always and not a.each_round]
    part = {name: examples[name] for name in constant if name in examples}
    return sum_of_arrays(part | {name: examples[name][round_] for name in OVER_ROUNDS})


def sum_of_leaf(leaf: np.ndarray) -> str:
    """The hash of one leaf of a state."""
    return sum_of_arrays({"": np.asarray(leaf)})[:LEAF_DIGITS]


def sum_of_file(path: Path) -> str:
    """The sum of a file, byte for byte.

    Raises:
      OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def chained(entry: Entry) -> str:
    """The sum that an entry should have."""
    content = _plain(entry)
    del content["sum"]
    return sum_of_bytes(json.dumps(content, sort_keys=True).encode())


def _plain(entry: Entry) -> dict[str, object]:
    """An entry as JSON has it; `dataclasses.asdict` would copy all that is in it."""
    return {**vars(entry), "states": vars(entry.states)}


def sum_of_run(digest: str, last: Iterable[tuple[Cell, str]]) -> str:
    """The sum of a whole run: of the experiment's hash and of the last entries of its cells.

    Args:
      digest: the hash of the experiment, as in config.json.
      last: each cell with the sum of its last entry.
    """
    lines = [digest, *sorted(f"{cell.folder} {total}" for cell, total in last)]
    return sum_of_bytes("\n".join(lines).encode())


def write(workdir: Path, cell: Cell, entries: list[Entry]) -> None:
    """Writes the manifest of a cell, whole or not at all; each entry is a line.

    Python's JSON with an indent takes ten times as long, and this is written in every round.
    """
    lines = ",\n".join(json.dumps(_plain(entry)) for entry in entries)
    text = f'{{"rounds": [\n{lines}\n]}}\n'
    files.replace(paths.manifest(workdir, cell), lambda file: file.write(text.encode()))


def read(workdir: Path, cell: Cell, rounds: int = MOST_ROUNDS) -> list[Entry]:
    """The entries of a cell's manifest. Their sums are not compared with anything.

    Args:
      workdir: the directory of the run.
      cell: which one.
      rounds: how many the cell has, at most; a file that is too large for them is not read.

    Raises:
      Exception: the file is missing, or is not a manifest.
    """
    path = paths.manifest(workdir, cell)
    most, size = bounds.manifest(rounds), path.stat().st_size
    if size > most:
        raise ValueError(f"it has {size:,} bytes, and may have {most:,}")
    content = json.loads(path.read_text())
    found = [Entry(**{**own, "states": States(**own["states"])}) for own in content["rounds"]]
    for entry in found:
        _check_types(entry)
    return found


def _check_types(entry: Entry) -> None:
    """Raises TypeError unless an entry of a file has texts where texts belong."""
    texts = [entry.row, entry.examples, entry.mask, entry.params, entry.previous, entry.sum]
    for leaves in vars(entry.states).values():
        texts += [*leaves.keys(), *leaves.values()]
    if not (isinstance(entry.round, int) and all(isinstance(text, str) for text in texts)):
        raise TypeError("an entry of the manifest has something else where texts belong")
