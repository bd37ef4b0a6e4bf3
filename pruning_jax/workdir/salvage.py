"""The rows of a table in whatever state it is: of another version, or damaged in part."""

import math
from pathlib import Path

import pandas as pd
import pyarrow as pa

from pruning_jax.errors import said
from pruning_jax.experiment import rules
from pruning_jax.experiment.algorithm import MOST_ROUNDS
from pruning_jax.experiment.cells import Cell
from pruning_jax.workdir.cellfiles import MOST_ROWS, read_table
from pruning_jax.workdir.columns import SCHEMA
from pruning_jax.workdir.damage import Damaged
from pruning_jax.workdir.damage import read as attempt

KEYS = ("algorithm", "noise_rate", "seed", "round")
"""The columns that say which row it is."""

NEEDED = (*KEYS, "density")
"""The columns without which nothing can be done with a row."""

DEFAULTS: dict[str, str | int | float | bool] = {
    "control_of": "",
    "control_round": 0,
    "width": 1.0,
    "without": "",
    "diverged": False,
    "weights_total": 0,
    "weights_remaining": 0,
    "train_examples": 0,
}
"""What stands in a column that is missing; in the others nothing does."""


def read(path: Path, union: bool = False) -> tuple[pa.Table, list[str]]:
    """The rows of a file in the columns of SCHEMA, and what is strange about the file.

    Args:
      path: the file.
      union: whether it has the rows of all cells; else its folder must be that of its cell.

    Raises:
      Damaged: it cannot be read, lacks a needed column, or has rows of another cell.
    """
    most = MOST_ROWS if union else MOST_ROUNDS
    table = attempt(path, lambda path: read_table(path, most))
    there = {*table.column_names}
    if len(there) < len(table.column_names):
        raise Damaged(f"{path} has more than one column of a name")
    lost = [name for name in NEEDED if name not in there]
    if lost:
        raise Damaged(f"{path} lacks the columns {', '.join(lost)}")
    missing = [name for name in SCHEMA.names if name not in there]
    try:
        if table.schema != SCHEMA:
            columns = [_column(table, field) for field in SCHEMA]
            table = pa.table(columns, schema=SCHEMA)
        table.validate(full=True)  # texts may hold bytes that are none
    except (pa.ArrowException, TypeError, ValueError, KeyError) as error:
        raise Damaged(f"{path} has something else in its columns ({said(error)})") from error
    _check(table, path, union)
    return table, [f"{path} lacks the columns {', '.join(missing)}"] if missing else []


def _column(table: pa.Table, field: pa.Field) -> pa.ChunkedArray | pa.Array:
    """A column of a table, made if it is missing."""
    if field.name in table.column_names:
        return table[field.name].cast(field.type)
    return pa.array([DEFAULTS.get(field.name)] * table.num_rows, field.type)


def _check(table: pa.Table, path: Path, union: bool) -> None:
    """Raises Damaged for rows that cannot be, or that are not of the file's cell."""
    found = [table[name].to_pylist() for name in NEEDED]
    if any(_nothing(value) for column in found for value in column):
        raise Damaged(f"{path} has rows without algorithm, noise rate, seed, round or density")
    *_, rounds, densities = found
    # A damaged number beyond the most rounds would make arrays that fill the memory.
    if not all(0 < d <= 1 for d in densities) or not all(0 <= r < MOST_ROUNDS for r in rounds):
        raise Damaged(f"{path} has densities outside 0 to 1, or rounds that cannot be")
    keys = [*zip(*found[: len(KEYS)], strict=True)]
    if len({*keys}) < len(keys):
        raise Damaged(f"{path} has a round twice")
    unsafe = next((name for name in {*found[0]} if not rules.is_safe(name)), None)
    if unsafe is not None:
        raise Damaged(f"{path} has rows of an algorithm {unsafe!r}, which is no name of a folder")
    own = path.parent.as_posix()
    for cell in () if union else {Cell(*key[:3]) for key in keys}:
        if not own.endswith(f"/{cell.folder}"):
            raise Damaged(f"{path} has rows of {cell.folder}")


def _nothing(value: object) -> bool:
    """Whether there is no value in an entry of a table."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def frame(tables: list[pa.Table]) -> pd.DataFrame:
    """All rows in the order of the union, with defaults where a table has no text or flag."""
    rows = pa.concat_tables(tables or [SCHEMA.empty_table()]).to_pandas()
    for name, value in DEFAULTS.items():
        rows[name] = rows[name].fillna(value).astype(type(value))
    return rows.sort_values([*KEYS], kind="stable").reset_index(drop=True)
