"""The tables of explorations, which lie in the folder `explored/` of a workdir."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pruning_jax import files
from pruning_jax.errors import said
from pruning_jax.experiment.cells import Cell
from pruning_jax.workdir import cellfiles, paths
from pruning_jax.workdir.columns import Column, Row
from pruning_jax.workdir.damage import Damaged

SETTINGS = b"settings"
"""Where a file keeps the settings with which its rows were made."""


class Network(NamedTuple):
    """A network of a run: that of a cell, at the end of a round."""

    algorithm: str
    noise_rate: float
    seed: int
    round: int

    @property
    def cell(self) -> Cell:
        """Its cell."""
        return Cell(self.algorithm, self.noise_rate, self.seed)


Unit: TypeAlias = tuple[Network, ...]
"""The networks that are looked at together."""


class Explored(NamedTuple):
    """What is there of an exploration."""

    rows: list[Row]
    settings: dict[str, int | float]  # with which they were made; {} if there are none


def write(
    workdir: Path,
    name: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    settings: Mapping[str, int | float],
    *,
    as_csv: bool = True,
) -> None:
    """Writes the rows of an exploration as Parquet, and as CSV if asked for."""
    schema = pa.schema([(column.name, column.type) for column in columns])
    about = {SETTINGS: json.dumps(dict(settings)).encode()}
    table = pa.Table.from_pylist([*rows], schema.with_metadata(about))
    files.replace(
        paths.explored(workdir, name, "parquet"), lambda file: pq.write_table(table, file)
    )
    if as_csv:
        text = table.to_pandas().to_csv(index=False).encode()
        files.replace(paths.explored(workdir, name, "csv"), lambda file: file.write(text))


def read(workdir: Path, name: str) -> Explored:
    """What is there of an exploration; nothing if it was never made.

    Raises:
      Damaged: its file cannot be read.
    """
    path = paths.explored(workdir, name, "parquet")
    if not path.exists():
        return Explored([], {})
    try:
        table = cellfiles.read_table(path)
        about = (table.schema.metadata or {}).get(SETTINGS, b"{}")
        return Explored(table.to_pylist(), dict(json.loads(about)))
    except Exception as error:  # a damaged file may lead to any error
        raise Damaged(f"{path} cannot be read: {said(error)}") from error


def unit_of(row: Row, networks: int) -> Unit:
    """The networks that a row is about.

    Args:
      networks: how many there are: 0, 1 or 2.
    """
    before = ("", "other_")[:networks]
    return tuple(Network(*(row[f"{own}{name}"] for name in Network._fields)) for own in before)


def tables(workdir: Path, problems: list[str]) -> dict[str, pd.DataFrame]:
    """The tables of the explorations that were made, as `explored/masks` and so on.

    `problems` gets a line for each that cannot be read.
    """
    found: dict[str, pd.DataFrame] = {}
    for path in sorted(paths.explorations(workdir).glob("*.parquet")):
        try:
            rows = read(workdir, path.stem).rows
        except Damaged as error:
            problems.append(str(error))
            continue
        if rows:
            found[f"{path.parent.name}/{path.stem}"] = pd.DataFrame(rows)
    return found
