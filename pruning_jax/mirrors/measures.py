"""What a mirror shows of a row, and what it says of a cell."""

import math

from pruning_jax.workdir.columns import SCHEMA, Row

GIVEN = ("noise_rate", "noise_realised", "width")
"""Numbers of a row that are the same in every round."""

MEASURES = tuple(
    field.name
    for field in SCHEMA
    if (str(field.type) == "double" and field.name not in GIVEN)
    or field.name == "weights_remaining"
)
"""The columns that are measured in every round."""


def measured(row: Row) -> dict[str, float]:
    """The measurements of a round, by the names of their columns; those that are no number are left
    out."""
    values = {name: float(row[name]) for name in MEASURES}
    return {name: value for name, value in values.items() if math.isfinite(value)}


def given(row: Row) -> Row:
    """What is the same in all rounds of a cell."""
    return {k: v for k, v in row.items() if k not in (*MEASURES, "round", "diverged")}
