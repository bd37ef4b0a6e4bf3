"""Tables of rounds, read so that no damage passes unseen."""

import math
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from pruning_jax.workdir.cellfiles import MOST_ROWS, read_table
from pruning_jax.workdir.columns import NUMBER, SCHEMA, Row
from pruning_jax.workdir.damage import expect, read

Rows: TypeAlias = list[Row]


def rows(path: Path, most: int = MOST_ROWS) -> Rows:
    """The rows of a table of rounds, with NaN where a number has nothing.

    Args:
      path: the file.
      most: how many rows it may have.

    Raises:
      Damaged: it cannot be read, has no rows, or has other columns than `COLUMNS`.
    """

    def reader(path: Path) -> Rows:
        table = read_table(path, most)
        _check_columns(table, path)
        expect(table.num_rows > 0, path, "has no rows")
        return [
            {name: math.nan if value is None else value for name, value in row.items()}
            for row in table.to_pylist()
        ]

    return read(path, reader)


def _check_columns(table: pa.Table, path: Path) -> None:
    """Raises Damaged unless a table has the columns of `SCHEMA`, with a value in each entry."""
    there = table.column_names
    missing, known = sorted({*SCHEMA.names} - {*there}), {*SCHEMA.names}
    expect(not missing, path, f"lacks the columns {', '.join(missing)}")
    twice = sorted({name for name in there if there.count(name) > 1})
    expect(not twice, path, f"has more than one column {', '.join(twice)}")
    foreign = sorted({*there} - known)
    expect(not foreign, path, f"has the unknown columns {', '.join(foreign)}")
    for field in SCHEMA:
        column = table[field.name]
        expect(
            column.type == field.type,
            path,
            f"has {field.name} as {column.type}, not as {field.type}",
        )
        empty = field.type != NUMBER and column.null_count > 0
        expect(not empty, path, f"has rows without {field.name}")
