"""Axes with ticks at round numbers, chosen by the locators of matplotlib.

The locators work without a figure. The page needs the ticks as well as the paper, so that they
are chosen here, once for both.
"""

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator, ScalarFormatter

from pruning_jax.reporting.chart import Axis
from pruning_jax.wording import count, percent

MOST = 7  # ticks on an axis: more would run into each other in a frame as wide as a phone

WITHIN = 5.0  # a factor between the ends of an axis, within which decades have too few ticks

MULTIPLES = ((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,))
"""Ticks in each decade of a logarithmic axis, the densest first."""

OF_DENSITY = MULTIPLES[1:]
"""Ticks of densities are wide, because the number of weights stands below each."""

EDGE = 0.06  # of the range of the values: what an axis has beyond them on either side

MARK = 0.02  # of the same range: where nothing can lie beyond an end but half of a mark on it


def finite(values: Iterable[float]) -> np.ndarray:
    """The values without infinities and NaN."""
    array = np.asarray([*values], float)
    return array[np.isfinite(array)]


def density(densities: Iterable[float], total: float | None) -> Axis:
    """A logarithmic axis of densities that falls to the right.

    Args:
      total: the prunable weights of the dense network; if it is known, each tick also says how
        many weights remain.
    """
    lowest = min([0.5, *finite(densities)])
    left, right = 1.15, 0.87 * lowest
    ticks = [tick for tick in _decades(right, left, OF_DENSITY) if tick <= 1]
    labelled = tuple((tick, density_tick(tick, total)) for tick in reversed(ticks))
    return Axis(density_title(total), left, right, labelled, log=True, kind="density")


def density_tick(fraction: float, total: float | None) -> str:
    """The words at a tick: the density in per cent and, below it, the weights that remain."""
    return percent(fraction) + (f"\n{count(fraction * total)}" if total else "")


def density_title(total: float | None) -> str:
    """The title of an axis of densities."""
    return "density and weights remaining" if total else "density: fraction of weights remaining"


def linear(title: str, values: Iterable[float], around: float | None = None) -> Axis:
    """A linear axis that holds all values, and `around`."""
    return _between(title, *_ends(_held(values, around)))


def percentage(title: str, values: Iterable[float], around: float | None = None) -> Axis:
    """A linear axis of fractions in per cent: it ends at 0 and at 100 at the latest.

    Intervals may go further, but no value can. A mark that lies on an end is seen whole.
    """
    low, high = _ends(_held(values, around).clip(0.0, 100.0))
    mark = MARK * (high - low)
    return _between(title, max(low, -mark), min(high, 100.0 + mark))


def _ends(held: np.ndarray) -> tuple[float, float]:
    """The ends of a linear axis, a little beyond the values."""
    low, high = (float(held.min()), float(held.max())) if len(held) else (0.0, 1.0)
    margin = EDGE * ((high - low) or abs(high) or 1.0)
    return low - margin, high + margin


def _between(title: str, low: float, high: float) -> Axis:
    """A linear axis with these ends."""
    ticks = _multiples(low, high)
    words = ScalarFormatter(useOffset=False, useMathText=False, useLocale=False)
    words.set_scientific(False)
    words.create_dummy_axis()  # it would ask its axis for the range if there were one tick only
    return Axis(title, low, high, tuple(zip(ticks, words.format_ticks(ticks), strict=True)))


def _multiples(low: float, high: float) -> list[float]:
    """At least 2 and at most MOST ticks: the multiples of one round number."""
    located = MaxNLocator(MOST - 1, steps=(1, 2, 5, 10)).tick_values(low, high)
    return [float(tick) for tick in located if low <= tick <= high]


def logarithmic(title: str, values: Iterable[float], around: float | None = None) -> Axis:
    """A logarithmic axis that holds all values, and `around`.

    It is linear where logarithms would not help: if a value is not above 0, or if all values are
    within a factor of 2.
    """
    held = _held(values, around)
    return _decadic(title, held, math.inf) if _spread(held) else linear(title, held)


def log_percentage(title: str, values: Iterable[float], around: float | None = None) -> Axis:
    """A logarithmic axis of fractions in per cent: it ends at 100 at the latest.

    It is linear where `logarithmic` is.
    """
    held = _held(values, around).clip(max=100.0)
    return _decadic(title, held, 100.0) if _spread(held) else percentage(title, held)


def _spread(held: np.ndarray) -> bool:
    """Whether logarithms help to see these values."""
    return bool(len(held) and held.min() > 0 and held.max() >= 2 * held.min())


def _decadic(title: str, held: np.ndarray, most: float) -> Axis:
    """A logarithmic axis a little beyond the values, but not beyond `most` and half of a mark."""
    low, high = math.log10(held.min()), math.log10(held.max())
    margin, mark = EDGE * (high - low), MARK * (high - low)
    low, high = 10 ** (low - margin), min(10 ** (high + margin), most * 10**mark)
    ticks = _decades(low, high, MULTIPLES)
    return Axis(title, low, high, tuple((tick, _short(tick)) for tick in ticks), log=True)


def _held(values: Iterable[float], around: float | None) -> np.ndarray:
    return finite([*values, *(() if around is None else (around,))])


def _decades(low: float, high: float, densest_first: Iterable[tuple[float, ...]]) -> list[float]:
    """The densest ticks of a logarithmic axis that are at most MOST."""
    if high < WITHIN * low:
        return _multiples(low, high)
    ticks: list[float] = []
    for multiples in densest_first:
        located = LogLocator(subs=multiples, numticks=MOST).tick_values(low, high)
        ticks = sorted({float(tick) for tick in located if low <= tick <= high})
        if 2 <= len(ticks) <= MOST:  # LogLocator gives none where it leaves out decades
            break
    return ticks


def _short(value: float) -> str:
    """The shortest words for a tick.

    >>> [_short(value) for value in (0.02, 5000.0, 10_000.0, 0.0003)]
    ['0.02', '5000', '1e4', '3e-4']
    """
    if 0.001 <= value < 10_000:
        return f"{value:.4g}"
    digits, exponent = f"{value:.2e}".split("e")
    return f"{float(digits):g}e{int(exponent)}"


def categories(title: str, words: Iterable[str], at_most: int = 8) -> Axis:
    """An axis of whole numbers from 0, each with its words.

    Where there are more than `at_most`, only every second, third, ... one has a tick.
    """
    names = [*words]
    located = FixedLocator(range(len(names)), nbins=at_most)()
    ticks = tuple((float(place), names[int(place)]) for place in located)
    return Axis(title, -0.5, len(names) - 0.5, ticks, kind="category")


def joined(one: Axis, other: Axis) -> Axis:
    """An axis that holds what either of two axes of one kind holds."""
    if one == other or one.kind == "category":
        return one
    if one.kind == "density":  # both begin at the dense network
        return min(one, other, key=lambda axis: axis.high)
    make = logarithmic if one.log and other.log else linear
    ends = [end for axis in (one, other) for end in (axis.low, axis.high)]
    title = min(one, other, key=lambda axis: axis.log).title  # which may say logarithmic
    made = make(title, ends)
    return replace(made, low=min(ends), high=max(ends))
