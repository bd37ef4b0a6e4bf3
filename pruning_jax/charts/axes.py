"""Axes with ticks at round numbers."""

import math
from collections.abc import Iterable

import numpy as np

from pruning_jax.charts import Axis

FINE_TO_COARSE = ((1, 1.5, 2, 3, 4, 5, 7), (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,))
MANY = 7  # ticks
STEPS = (1.0, 2.0, 5.0, 10.0)


def finite(values: Iterable[float]) -> np.ndarray:
    """Those that are numbers."""
    array = np.asarray([*values], float)
    return array[np.isfinite(array)]


def count(number: float) -> str:
    """A number of weights in three digits.

    >>> [count(n) for n in (7.0, 849.0, 26_620.0, 266_200.0, 25_502_912.0)]
    ['7', '849', '26.6k', '266k', '25.5M']
    """
    for unit in ("", "k", "M", "G"):
        if number < 999.5:
            return f"{number:.0f}" if not unit else f"{number:.3g}{unit}"
        number /= 1000
    return f"{number:.3g}T"


def percent(fraction: float) -> str:
    """A fraction in per cent, in three digits; no line breaks before the sign.

    >>> [percent(f).replace("\xa0", " ") for f in (1.0, 0.0281, 0.0012)]
    ['100 %', '2.81 %', '0.12 %']
    """
    return f"{100 * fraction:.3g}\N{NO-BREAK SPACE}%"


def density(densities: Iterable[float], weights: float | None, title: str = "") -> Axis:
    """A logarithmic axis of densities, falling to the right; each tick says the density and,
    if the number of all weights is known, the weights remaining."""
    values = finite(densities)
    lowest = min(values.min(), 0.5) if len(values) else 0.5
    decades = range(math.floor(math.log10(lowest)), 1)
    steps = (1, 2, 5) if lowest > 0.008 else (1, 3) if lowest > 0.0008 else (1,)
    ticks = [s * 10.0**d for d in decades for s in steps if 0.9 * lowest <= s * 10.0**d <= 1]
    labelled = tuple((t, density_words(t, weights)) for t in reversed(ticks))
    return Axis(title or density_title(weights), 1.15, 0.87 * lowest, labelled, log=True)


def density_words(fraction: float, weights: float | None) -> str:
    """A tick of density: in per cent and, below, in weights."""
    return percent(fraction) + (f"\n{count(fraction * weights)}" if weights else "")


def density_title(weights: float | None) -> str:
    """The title of an axis of densities."""
    return "density and weights remaining" if weights else "density: weights remaining"


def linear(title: str, values: Iterable[float], around: float | None = None) -> Axis:
    """An axis that holds all values, and `around`."""
    held = finite([*values, *(() if around is None else (around,))])
    low, high = (held.min(), held.max()) if len(held) else (0.0, 1.0)
    span = (high - low) or abs(high) or 1.0
    low, high = float(low - 0.06 * span), float(high + 0.06 * span)
    rough = (high - low) / 6
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(s * unit for s in STEPS if s * unit >= 0.999 * rough)
    first = math.ceil(low / step)
    ticks = [k * step for k in range(first, math.floor(high / step) + 1)]
    return Axis(title, low, high, tuple((t, _plain(t, step)) for t in ticks))


def _plain(value: float, step: float) -> str:
    text = f"{value:.{max(0, -math.floor(math.log10(step) + 1e-9))}f}"
    return text.replace("-", "\N{MINUS SIGN}") if float(text) else text.lstrip("-")


def logarithmic(title: str, values: Iterable[float], around: float | None = None) -> Axis:
    """A logarithmic axis that holds all values above 0; a linear one if any is not, or if they
    are within a factor of 2."""
    held = finite([*values, *(() if around is None else (around,))])
    if not len(held) or held.min() <= 0 or held.max() < 2 * held.min():
        return linear(title, held)
    low, high = math.log10(held.min()), math.log10(held.max())
    low, high = 1.06 * low - 0.06 * high, 1.06 * high - 0.06 * low
    decades, ticks = range(math.floor(low), math.ceil(high) + 1), []
    for steps in FINE_TO_COARSE:
        ticks = [s * 10.0**d for d in decades for s in steps if low <= math.log10(s) + d <= high]
        if len(ticks) <= MANY:
            break
    every = max(1, math.ceil(len(ticks) / MANY))
    return Axis(title, 10**low, 10**high, tuple((t, _short(t)) for t in ticks[::every]), log=True)


def _short(value: float) -> str:
    if 1e-4 <= value < 1000:
        return f"{value:.3g}"
    return f"{value:.0e}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")


def places(title: str, words: Iterable[str], at_most: int = 8) -> Axis:
    """An axis of whole numbers from 0, each with its word; some are left out if they are
    many."""
    listed = [*words]
    every = max(1, math.ceil(len(listed) / at_most))
    ticks = tuple((float(i), word) for i, word in enumerate(listed) if i % every == 0)
    return Axis(title, -0.5, len(listed) - 0.5, ticks)
