"""Lines over density: what all charts of them are made of."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from pruning_jax.charts import Axis, Panel, Series, axes
from pruning_jax.charts.facts import Facts, noise, note, pick

Tables = Mapping[str, Any]


class Quantity(NamedTuple):
    """A column in the unit of an axis: offset + factor * value."""

    title: str
    factor: float = 1.0
    offset: float = 0.0
    axis: Callable[..., Axis] = axes.linear
    reference: float | None = None
    room: float = 0.3  # of the range of the means, how far intervals may widen the axis
    shared: bool = True  # one axis for all noise rates

    def of(self, values: Iterable[float]) -> tuple[float, ...]:
        return tuple(self.offset + self.factor * float(v) for v in values)

    def around(self, series: Sequence[Series]) -> Axis:
        """An axis for these."""
        return self.axis(self.title, held(series, self), self.reference)


ERROR = Quantity("test error (%)", -100.0, 100.0, axes.logarithmic, shared=False)
RATIO = Quantity("training loss / dense", 1.0, 0.0, axes.logarithmic, 1.0)
POINTS = Quantity("degradation (points)", 100.0, 0.0, axes.linear, 0.0)


def series(
    part: Any, quantity: Quantity, facts: Facts, algorithm: str, column: str = "mean"
) -> Series:
    """The rounds of one algorithm, at one noise rate."""
    part = part.sort_values("round") if "round" in part else part.sort_values("density")
    rounds = part["round"] if "round" in part else [-1] * len(part)
    x = [facts.place(algorithm, r, d) for r, d in zip(rounds, part["density"], strict=True)]
    ends = [quantity.of(part["low"]), quantity.of(part["high"])]
    low, high = ends if quantity.factor > 0 else ends[::-1]
    notes = tuple(note(a, facts, row) for a, row in zip(x, part.itertuples(), strict=True))
    style, label = facts.style(algorithm), facts.label(algorithm)
    y = quantity.of(part[column])
    return Series(label, style, tuple(x), y, low, high, notes, algorithm)


def panels(
    title: str, table: Any, quantity: Quantity, facts: Facts, more: Any = None
) -> list[Panel]:
    """One panel per noise rate of the table, with one series per main algorithm; `more` gives
    those that are added for a rate. All have the same
    axis of densities."""
    made: dict[float, list[Series]] = {}
    for rate in facts.rates:
        at = pick(table, noise_rate=rate)
        found = [
            series(pick(at, algorithm=name), quantity, facts, name)
            for name in facts.algorithms
            if name in set(at["algorithm"])
        ]
        found += more(rate) if more else []
        if found:
            made[rate] = found
    every = [s for found in made.values() for s in found]
    x = axes.density([v for s in every for v in s.x], facts.weights)
    return [
        Panel(
            title,
            noise(rate),
            x,
            quantity.around(every if quantity.shared else found),
            tuple(found),
            reference=quantity.reference,
            noise_rate=rate,
        )
        for rate, found in made.items()
    ]


def held(series: Sequence[Series], quantity: Quantity) -> list[float]:
    """What an axis has to hold: all points, and of intervals what does not dwarf them."""
    log = quantity.axis is axes.logarithmic
    means = axes.finite(v for s in series for v in s.y if v > 0 or not log)
    ends = axes.finite(v for s in series for v in (*s.low, *s.high) if v > 0 or not log)
    if not len(means):
        return []
    means, ends = (np.log(v) if log else v for v in (means, ends))
    room = quantity.room * (means.max() - means.min()) or math.inf
    kept = [*means, *ends.clip(means.min() - room, means.max() + room)]
    return [*(np.exp(kept) if log else kept)]
