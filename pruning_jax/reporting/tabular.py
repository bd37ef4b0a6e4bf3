"""Rows of tables as plain Python values, which figures and listings are made from."""

from collections.abc import Iterable, Mapping

import pandas as pd

Value = str | float | int | bool
"""What stands in a table; a number that is not known is NaN."""

Record = dict[str, Value]
"""A row of a table, by the names of the columns."""


class NotComputed(Exception):  # noqa: N818
    """A table is missing because its analysis failed, which is reported elsewhere."""


def records(rows: pd.DataFrame) -> list[Record]:
    """The rows of a table."""
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def read(tables: Mapping[str, pd.DataFrame], name: str, **values: Value) -> list[Record]:
    """The rows of one of the tables that have these values.

    Raises:
      NotComputed: there is no such table.
    """
    if name not in tables:
        raise NotComputed(f"The table {name} could not be computed.")
    chosen = tables[name]
    for column, value in values.items():
        chosen = pd.DataFrame(chosen[chosen[column] == value])
    return records(chosen)


def pick(rows: Iterable[Record], **values: Value) -> list[Record]:
    """The rows that have these values.

    >>> pick([{"seed": 0, "round": 0}, {"seed": 1, "round": 0}, {"seed": 1, "round": 1}], seed=1)
    [{'seed': 1, 'round': 0}, {'seed': 1, 'round': 1}]
    """
    return [row for row in rows if all(row[name] == value for name, value in values.items())]


def grouped(rows: Iterable[Record], *names: str) -> dict[tuple[Value, ...], list[Record]]:
    """The rows by the values that they have in these columns, in the order of appearance."""
    groups: dict[tuple[Value, ...], list[Record]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return groups
