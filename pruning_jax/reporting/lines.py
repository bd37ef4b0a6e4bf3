"""Lines over density: what most figures are made of."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from pruning_jax.analysis.settings import DEFAULTS
from pruning_jax.reporting import axes
from pruning_jax.reporting.chart import Axis, Frame, Numbers, Series
from pruning_jax.reporting.facts import Facts, note
from pruning_jax.reporting.tabular import Record, pick
from pruning_jax.wording import noise

FEW = f"No interval is drawn where a mean is of fewer than {DEFAULTS.minimum_seeds} seeds."
"""What the caption of a figure with intervals says. Such a mean decides nothing, and with two seeds
an interval may be a hundred times as long as the whole curve is high."""


class Quantity(NamedTuple):
    """What stands along the vertical axis: offset + factor * (a column of a table)."""

    name: str
    unit: str = ""
    factor: float = 1.0
    offset: float = 0.0
    axis: Callable[[str, Iterable[float], float | None], Axis] = axes.linear
    reference: float | None = None  # the height of a line across every frame
    room: float = 0.3  # of the range of the means: how far intervals may widen the axis
    shared: bool = True  # True: all noise rates have the same axis
    names_scale: bool = False  # True: the title of a logarithmic axis says that it is one

    def scaled(self, values: Iterable[float]) -> Numbers:
        """Values of the column in the unit of the axis."""
        return tuple(self.offset + self.factor * value for value in values)

    def of(self, rows: Iterable[Record], column: str) -> Numbers:
        """A column of a table in the unit of the axis."""
        return self.scaled(float(row[column]) for row in rows)

    def around(self, series: Sequence[Series]) -> Axis:
        """An axis that holds these series."""
        title = self.name + (f" ({self.unit})" if self.unit else "")
        made = self.axis(title, held(series, self), self.reference)
        return (
            replace(made, title=f"{title}, logarithmic") if self.names_scale and made.log else made
        )

    def say(self, value: float, low: float = math.nan, high: float = math.nan) -> str:
        """A value of the axis with its interval, in words."""
        unit = f" {self.unit}" if self.unit else ""
        known = math.isfinite(low) and math.isfinite(high)
        return f"{self.name} {value:.3g}{unit}" + (f" [{low:.3g}, {high:.3g}]" if known else "")


ACCURACY = Quantity("test accuracy", "%", 100.0, axis=axes.percentage, shared=False)
ERROR = ACCURACY._replace(
    name="test error", factor=-100.0, offset=100.0, axis=axes.log_percentage, names_scale=True
)
RATIO = Quantity("training loss / dense", axis=axes.logarithmic, reference=1.0)
POINTS = Quantity("degradation", "points", 100.0, reference=0.0)


def line(rows: list[Record], quantity: Quantity, facts: Facts, algorithm: str) -> Series:
    """The rounds of one algorithm at one noise rate: the columns mean, low and high.

    A table without rounds, as of networks of several widths, is sorted by density.
    """
    rows = sorted(rows, key=lambda row: (row.get("round", 0), -float(row["density"])))
    x = [
        facts.position(algorithm, int(row.get("round", -1)), float(row["density"])) for row in rows
    ]
    y = quantity.of(rows, "mean")
    low, high = (quantity.of(rows, end) for end in ("low", "high"))
    if quantity.factor < 0:  # what was the lower end is the upper one now
        low, high = high, low
    notes = tuple(
        f"{quantity.say(*values)}\n{note(at, facts, row)}"
        for at, row, *values in zip(x, rows, y, low, high, strict=True)
    )
    looks, label = facts.style(algorithm), facts.label(algorithm)
    low, high = (interval_ends(rows, ends) for ends in (low, high))
    return Series(label, looks, tuple(x), y, low, high, notes, algorithm)


def interval_ends(rows: Iterable[Record], ends: Numbers) -> Numbers:
    """The ends of the intervals of some rows; NaN where too few replicates are in the mean."""
    return tuple(
        end if float(row.get("replicates", math.inf)) >= DEFAULTS.minimum_seeds else math.nan
        for row, end in zip(rows, ends, strict=True)
    )


def frames(
    title: str,
    rows: list[Record],
    quantity: Quantity,
    facts: Facts,
    more: Callable[[float], list[Series]] | None = None,
) -> list[Frame]:
    """One frame for each noise rate, with a line for each main algorithm that has rows there.

    All have the same axis of densities.

    Args:
      title: the row of the chart in which they stand.
      more: the series that a noise rate has beside the lines.
    """
    drawn: dict[float, list[Series]] = {}
    for rate in facts.rates:
        at_rate = pick(rows, noise_rate=rate)
        parts = {name: pick(at_rate, algorithm=name) for name in facts.algorithms}
        series = [line(part, quantity, facts, name) for name, part in parts.items() if part]
        series += more(rate) if more else []
        if series:
            drawn[rate] = series
    every = [one for series in drawn.values() for one in series]
    x = axes.density([place for one in every for place in one.x], facts.weights)
    return [
        Frame(
            title,
            noise(rate),
            x,
            quantity.around(every if quantity.shared else series),
            tuple(series),
            reference=quantity.reference,
            noise_rate=rate,
        )
        for rate, series in drawn.items()
    ]


def with_dense(drawn: list[Frame], rows: list[Record], quantity: Quantity) -> list[Frame]:
    """The frames with a line across, at the value of the dense network (`mean` of round 0)."""
    first = [row for row in rows if row["round"] == 0 and row["density"] == 1]
    dense = {row["noise_rate"]: quantity.of([row], "mean")[0] for row in reversed(first)}
    return [
        replace(frame, reference=dense[frame.noise_rate]) if frame.noise_rate in dense else frame
        for frame in drawn
    ]


def held(series: Sequence[Series], quantity: Quantity) -> list[float]:
    """What an axis has to hold: all points, and their intervals as far as these dwarf no point."""
    log = quantity.axis in (axes.logarithmic, axes.log_percentage)
    means = axes.finite(v for s in series for v in s.y if v > 0 or not log)
    ends = axes.finite(v for s in series for v in (*s.low, *s.high) if v > 0 or not log)
    if not len(means):
        return []
    means, ends = (np.log(v) if log else v for v in (means, ends))
    room = quantity.room * float(means.max() - means.min()) or math.inf
    kept = [*means, *ends.clip(means.min() - room, means.max() + room)]
    return [float(v) for v in (np.exp(kept) if log else kept)]
