"""How a check compares what the files say, and how it says what is wrong.

A check is a generator over the things that it looks at: for each, what is wrong with it in one line
that names the file, or "".
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import numpy as np

from pruning_jax.workdir.columns import Row
from pruning_jax.workdir.recorded import Record

Check: TypeAlias = Callable[[Record], Iterator[str]]


def first_wrong(where: object, *conditions: tuple[object, str]) -> str:
    """`where` with the message of the first condition that does not hold, or ""."""
    return next((f"{where}: {message}" for holds, message in conditions if not holds), "")


Value: TypeAlias = str | float | int
"""What a column of a row may have."""


def _equal(value: Value, expected: Value) -> bool:
    """Whether two values agree, numbers up to rounding; NaN agrees with NaN."""
    if isinstance(value, str) or isinstance(expected, str):
        return value == expected
    both = math.isnan(value) and math.isnan(expected)
    return both or math.isclose(value, expected, rel_tol=1e-9, abs_tol=1e-12)


def columns(row: Row, expected: Mapping[str, Value], source: str = "the arrays give") -> str:
    """The first column that is not as expected, or "".

    Args:
      row: the row.
      expected: the values of some of its columns.
      source: where these are from.
    """
    for name, value in expected.items():
        if not _equal(row[name], value):
            return f"{name} is {_shown(row[name])}, but {source} {_shown(value)}"
    return ""


def _shown(value: Value) -> str:
    return repr(value) if isinstance(value, str) else f"{value:.12g}"


def mean(values: np.ndarray) -> float:
    """The mean; NaN of nothing."""
    return float(values.mean(dtype=np.float64)) if values.size else math.nan
