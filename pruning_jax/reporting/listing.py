"""Tables as a reader wants them: headings, rounded numbers, intervals in brackets."""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import pandas as pd

from pruning_jax.analysis.sensitivity import TRIED
from pruning_jax.reporting.formatters import (
    ACCURACY,
    POINTS,
    UNKNOWN,
    Formatter,
    labels,
    number,
    percent,
    ratio,
    significant,
)
from pruning_jax.reporting.tabular import Record, Value, records
from pruning_jax.wording import several

MOST_LINES = 200  # of a table that the page knows nothing about; its file has all of them


class ListedColumn(NamedTuple):
    """A column of a listing."""

    heading: str
    name: str  # the column of the table in which its values stand
    write: Formatter
    low: str = ""  # the columns of the interval's ends
    high: str = ""


class Line(NamedTuple):
    """A line of a listing. It is shown while its noise rate and its algorithm are chosen."""

    cells: tuple[str, ...]
    rate: str | None
    algorithm: str


class Layout(NamedTuple):
    """How a table becomes a listing."""

    title: str
    caption: str
    missing: str  # why the table may be empty
    columns: tuple[ListedColumn, ...]


class Listing(NamedTuple):
    """A table for readers. If it has no lines, `missing` says why."""

    name: str
    title: str
    caption: str
    headings: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    missing: str = ""


def _ends(name: str) -> tuple[str, str]:
    return f"{name}_low", f"{name}_high"


_RATE = ListedColumn("label noise", "noise_rate", percent)
_DENSITY = ListedColumn("density", "density", percent)
_ALGORITHM = ListedColumn("algorithm", "algorithm", str)
_REPLICATES = ListedColumn("replicates", "replicates", number(0))

TRIED_IN_WORDS = "; ".join(
    f"{name} {' and '.join(f'{value:.3g}' for value in values)}" for name, values in TRIED.items()
)

LAYOUTS: dict[str, Layout] = {
    "sensitivity": Layout(
        "Verdicts that depend on a threshold",
        "Which verdicts change if one threshold has another value. Tried were, one at a time: "
        f"{TRIED_IN_WORDS}. The file has all verdicts.",
        f"No verdict changes if one threshold has another value. Tried were: {TRIED_IN_WORDS}.",
        (
            ListedColumn("threshold", "setting", str),
            ListedColumn("value", "value", significant),
            *(ListedColumn("claim", "claim", str), _ALGORITHM, _RATE),
            ListedColumn("verdict", "by_default", str),
            ListedColumn("becomes", "verdict", str),
        ),
    ),
    "optimum": Layout(
        "Optimal densities",
        "For each algorithm, the density with the best validation accuracy and the test accuracy "
        "(%) there. The gain is the difference from the dense network, in percentage points.",
        "No round has both a validation accuracy and a test accuracy.",
        (
            *(_ALGORITHM, _RATE, ListedColumn("chosen by", "selected_by", labels), _DENSITY),
            ListedColumn("test accuracy", "test_accuracy", ACCURACY, "low", "high"),
            ListedColumn("dense", "dense_test_accuracy", ACCURACY),
            ListedColumn("gain", "gain", POINTS, "gain_low", "gain_high"),
            _REPLICATES,
        ),
    ),
    "factor_effects": Layout(
        "What training time and size do",
        "Longer training, smaller size, and their interaction (what both together do beyond the "
        "sum of their effects). For the training loss it is the factor by which they change it; "
        "for degradation and test accuracy it is the change in percentage points.",
        "This table needs an algorithm that prunes, extended_dense, and its narrower versions "
        "(config.controls.width_rounds).",
        (
            *(_RATE, _DENSITY, ListedColumn("factor", "factor", str)),
            ListedColumn("training loss", "log_train_loss", ratio, *_ends("log_train_loss")),
            ListedColumn("degradation", "degradation", POINTS, *_ends("degradation")),
            ListedColumn("test accuracy", "test_accuracy", POINTS, *_ends("test_accuracy")),
            _REPLICATES,
        ),
    ),
    "tie": Layout(
        "The examples that pruning improves most",
        "Test accuracy (%) of dense networks that are trained without the examples whose training "
        "loss pruning improves most, and of dense networks that are trained without as many random "
        "examples; the difference is in percentage points.",
        "This table needs dense networks that are trained without those examples "
        "(config.controls.tie_rounds).",
        (
            *(ListedColumn("improved by", "control_of", str), _RATE, _DENSITY),
            ListedColumn("without top-improved", "top_improved", ACCURACY),
            ListedColumn("without random", "random", ACCURACY),
            ListedColumn("difference", "difference", POINTS, "low", "high"),
            _REPLICATES,
        ),
    ),
    "descent": Layout(
        "Double descent",
        "The peak of the test error (%) and the valley after it, for each algorithm that has them.",
        "For no algorithm do the seeds agree on a peak of the test error between two lower places.",
        (
            *(_ALGORITHM, _RATE, ListedColumn("feature", "feature", str)),
            ListedColumn("density (%)", "density", number(1, 100.0), "density_low", "density_high"),
            ListedColumn("test error", "test_error", ACCURACY, "test_error_low", "test_error_high"),
            _REPLICATES,
        ),
    ),
    "el2n": Layout(
        "Does EL2N find the noisy examples?",
        "The area under the ROC curve is 0.5 if the EL2N score does no better than chance, and 1 "
        "if all noisy examples have higher scores than all others. The score is that of one "
        "network (own), or the mean over the replicates (mean).",
        "This table needs noisy labels and the examples.npz files of the cells.",
        (
            _RATE,
            ListedColumn("score", "score", str),
            ListedColumn("area under the curve", "auc", number(3), "low", "high"),
            _REPLICATES,
        ),
    ),
}
"""The tables that the page lists; the others have figures."""


def listing(name: str, table: pd.DataFrame) -> Listing:
    """The listing of a table that has a layout."""
    layout = LAYOUTS[name]
    rows = CHOSEN.get(name, list)(records(table))
    lines = tuple(
        _line(row, tuple(_cell(row, column) for column in layout.columns)) for row in rows
    )
    headings = tuple(column.heading for column in layout.columns)
    missing = "" if lines else layout.missing
    return Listing(name, layout.title, layout.caption, headings, lines, missing)


def plain(name: str, table: pd.DataFrame) -> Listing:
    """The listing of any table, as it is."""
    shown = table.head(MOST_LINES)
    caption = f"The table of your own analysis {name}."
    if len(table) > len(shown):
        rows = several(len(table), "row")
        caption += f" It has {rows}; these are the first {len(shown)}, its file has all."
    headings = tuple(map(str, table.columns))
    lines = tuple(
        _line(dict(zip(headings, values, strict=True)), tuple(map(_any, values)))
        for values in shown.itertuples(index=False, name=None)
    )
    missing = "" if lines else "The analysis gave a table without rows."
    return Listing(name, name, caption, headings, lines, missing)


def wide(effects: list[Record]) -> list[Record]:
    """The effects of factors with one row for all measures."""
    rows: dict[tuple[Value, ...], Record] = {}
    for effect in effects:
        key = (effect["noise_rate"], effect["density"], effect["factor"])
        names = (str(effect["measure"]), *_ends(str(effect["measure"])))
        values = (effect["effect"], effect["low"], effect["high"])
        rows[key] = rows.get(key, effect) | dict(zip(names, values, strict=True))
    return list(rows.values())


def changed(verdicts: list[Record]) -> list[Record]:
    """The verdicts that another setting changes."""
    return [row for row in verdicts if row["verdict"] != row["by_default"]]


CHOSEN: dict[str, Callable[[list[Record]], list[Record]]] = {
    "factor_effects": wide,
    "sensitivity": changed,
}
"""How the rows of some tables become those of a listing; all others are as they are."""


def _line(row: Mapping[str, object], cells: tuple[str, ...]) -> Line:
    rate = row.get("noise_rate")
    known = isinstance(rate, float | int) and not math.isnan(rate)
    return Line(cells, f"{rate:g}" if known else None, str(row.get("algorithm", "")))


def _cell(row: Record, column: ListedColumn) -> str:
    value = row.get(column.name)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return UNKNOWN
    ends = interval(row.get(column.low), row.get(column.high), column.write)
    return column.write(value) + (f" {ends}" if ends else "")


def _any(value: object) -> str:
    """A value of a table that the page knows nothing about."""
    return significant(value) if isinstance(value, float) else str(value)


def interval(low: Value | None, high: Value | None, write: Formatter) -> str:
    """An interval in brackets, or nothing where there is none."""
    if low is None or high is None or not all(map(math.isfinite, (float(low), float(high)))):
        return ""
    return f"[{write(low)}, {write(high)}]"
