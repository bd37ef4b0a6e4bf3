"""Tables as a reader wants them: headings, rounded numbers, intervals in brackets."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd

from pruning_jax.charts import axes

Formatter = Callable[[Any], str]


class Column(NamedTuple):
    """A column of a listing: its heading, where the numbers stand, how they are written."""

    heading: str
    name: str
    write: Formatter
    low: str = ""
    high: str = ""


class Line(NamedTuple):
    """A line of a listing, and what must be chosen for it to be shown."""

    cells: tuple[str, ...]
    rate: str | None
    algorithm: str


class Kind(NamedTuple):
    """What a listing is of."""

    title: str
    caption: str
    missing: str  # why it may have no lines
    columns: tuple[Column, ...]


class Listing(NamedTuple):
    """A table for readers. Without lines it says in `missing` why."""

    name: str
    title: str
    caption: str
    headings: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    missing: str = ""


def number(digits: int, factor: float = 1.0, sign: bool = False) -> Formatter:
    """Writes factor * value with so many digits after the point."""

    def write(value: Any) -> str:
        value = factor * float(value)
        if not math.isfinite(value):
            return "\N{EN DASH}"
        return f"{value:{'+' if sign else ''}.{digits}f}".replace("-", "\N{MINUS SIGN}")

    return write


def significant(value: Any) -> str:
    """A number in three digits."""
    value = float(value)
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}") if math.isfinite(value) else "\N{EN DASH}"


def factor(value: Any) -> str:
    """A log ratio as a factor."""
    return significant(math.exp(min(float(value), 700)))


def selected(column: Any) -> str:
    """By what the best density was chosen."""
    names = {
        "validation_accuracy": "clean labels",
        "validation_noisy_accuracy": "noisy labels",
    }
    return names.get(column, str(column))


def _ends(name: str) -> tuple[str, str]:
    return f"{name}_low", f"{name}_high"


PERCENT, POINTS = number(2, 100.0), number(2, 100.0, sign=True)

_RATE = Column("noise", "noise_rate", axes.percent)
_DENSITY = Column("density", "density", axes.percent)
_ALGORITHM = Column("algorithm", "algorithm", str)
_REPLICATES = Column("replicates", "replicates", number(0))

KINDS: dict[str, Kind] = {
    "optimum": Kind(
        "Optimal densities",
        "The density with the best validation accuracy and its test accuracy (%); the gain over "
        "the dense network in percentage points.",
        "No round has both a validation and a test accuracy.",
        (
            *(_ALGORITHM, _RATE, Column("selected by", "selected_by", selected), _DENSITY),
            Column("test accuracy", "test_accuracy", PERCENT, "low", "high"),
            Column("dense", "dense_test_accuracy", PERCENT),
            Column("gain", "gain", POINTS, "gain_low", "gain_high"),
            _REPLICATES,
        ),
    ),
    "factor_effects": Kind(
        "What training time and size do",
        "Main effects and interaction of the 2 x 2: the factor by which they change the training "
        "loss, and how they change degradation and test accuracy, in percentage points.",
        "It needs a pruning algorithm, extended_dense and its narrower versions "
        "(config.controls.width_rounds).",
        (
            *(_RATE, _DENSITY, Column("factor", "factor", str)),
            Column("training loss", "log_train_loss", factor, *_ends("log_train_loss")),
            Column("degradation", "degradation", POINTS, *_ends("degradation")),
            Column("test accuracy", "test_accuracy", POINTS, *_ends("test_accuracy")),
            _REPLICATES,
        ),
    ),
    "tie": Kind(
        "Top-improved examples",
        "Test accuracy (%) of dense networks trained without them, and without as many random "
        "examples; the difference in percentage points.",
        "It needs the networks trained without those examples (config.controls.tie_rounds).",
        (
            *(Column("improved by", "control_of", str), _RATE, _DENSITY),
            Column("without top-improved", "top_improved", PERCENT),
            Column("without random", "random", PERCENT),
            Column("difference", "difference", POINTS, "low", "high"),
            _REPLICATES,
        ),
    ),
    "descent": Kind(
        "Double descent",
        "Where test error (%) has its peak and its valley.",
        "No algorithm has a peak of test error between two lower places on which its seeds agree.",
        (
            *(_ALGORITHM, _RATE, Column("feature", "feature", str)),
            Column("density (%)", "density", number(1, 100.0), "density_low", "density_high"),
            Column("test error", "test_error", PERCENT, "test_error_low", "test_error_high"),
            _REPLICATES,
        ),
    ),
    "el2n": Kind(
        "Does EL2N find the noisy examples?",
        "Area under the ROC curve: 0.5 is chance, 1 finds them all. By the scores of one network, "
        "or by their mean over the replicates.",
        "It needs noisy labels and the examples.npz of the cells.",
        (
            _RATE,
            Column("score", "score", str),
            Column("AUC", "auc", number(3), "low", "high"),
            _REPLICATES,
        ),
    ),
}


def listing(name: str, table: pd.DataFrame) -> Listing:
    """The listing of a table."""
    title, caption, missing, columns = KINDS[name]
    table = wide(table) if name == "factor_effects" else table
    lines = tuple(
        Line(
            tuple(_cell(row, column) for column in columns),
            f"{row['noise_rate']:g}" if "noise_rate" in row else None,
            str(row.get("algorithm", "")),
        )
        for row in table.to_dict("records")
    )
    headings = tuple(column.heading for column in columns)
    return Listing(name, title, caption, headings, lines, "" if lines else missing)


def wide(effects: Any) -> pd.DataFrame:
    """The effects of factors with one line for all measures."""
    lines: dict[Any, dict[str, Any]] = {}
    for row in effects.to_dict("records"):
        key = row["noise_rate"], row["density"], row["factor"]
        names = (row["measure"], *_ends(row["measure"]))
        values = dict(zip(names, (row["effect"], row["low"], row["high"]), strict=True))
        lines.setdefault(key, row).update(values)
    return pd.DataFrame(lines.values())


def _cell(row: dict[Any, Any], column: Column) -> str:
    known = row.get(column.name)
    if known is None or (isinstance(known, float) and math.isnan(known)):
        return "\N{EN DASH}"
    value = column.write(known)
    return value + interval(row.get(column.low), row.get(column.high), column.write)


def interval(low: Any, high: Any, write: Formatter) -> str:
    """An interval in brackets, or nothing where there is none."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f" [{write(low)}, {write(high)}]"
