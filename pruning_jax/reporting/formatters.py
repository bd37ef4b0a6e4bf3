"""Values of tables as readers want them."""

import math
from collections.abc import Callable
from typing import TypeAlias

from pruning_jax import wording
from pruning_jax.reporting.tabular import Value
from pruning_jax.wording import MINUS

Formatter: TypeAlias = Callable[[Value], str]

UNKNOWN = "\N{EN DASH}"


def number(digits: int, factor: float = 1.0, sign: bool = False) -> Formatter:
    """A function that writes factor * value with so many digits after the point."""

    def write(value: Value) -> str:
        scaled = factor * float(value)
        if not math.isfinite(scaled):
            return UNKNOWN
        return f"{scaled:{'+' if sign else ''}.{digits}f}".replace("-", MINUS)

    return write


def significant(value: Value) -> str:
    """A number with three significant digits."""
    known = float(value)
    return wording.typeset(f"{known:.3g}") if math.isfinite(known) else UNKNOWN


def ratio(logarithm: Value) -> str:
    """The ratio of which this is the natural logarithm."""
    return significant(math.exp(min(float(logarithm), 700)))  # beyond it exp is infinite


def percent(fraction: Value) -> str:
    """A fraction in per cent."""
    return wording.percent(float(fraction))


def labels(column: Value) -> str:
    """The labels of the validation examples that chose a density, by the accuracy's column."""
    known = {"validation_accuracy": "clean labels", "validation_noisy_accuracy": "noisy labels"}
    return known.get(str(column), str(column))


ACCURACY, POINTS = number(2, 100.0), number(2, 100.0, sign=True)
