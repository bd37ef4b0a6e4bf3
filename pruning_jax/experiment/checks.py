"""What the value of a setting must be: finite, whole, a tuple, a name that a folder can have.

The descriptions `Data`, `Recipe` and `Algorithm` check themselves by these rules when they are
made, and experiment/reading.py holds every setting of a configuration against its default.
"""

import ast
import dataclasses
import math
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from ml_collections import ConfigDict

from pruning_jax.errors import WrongUse, require

LARGEST = 2**31 - 1
"""The largest whole number: steps and weights are counted by 32-bit integers on the devices."""

SINGLE = 1e37
"""The largest number, and the inverse of the least: beyond them single precision, in which
everything is computed, has nothing but infinity and 0."""

LONGEST = 100
"""The longest name of an algorithm. A control adds up to 30 characters to it, and file systems take
at most 255."""

SAFE = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
"""Names that every file system takes as they are: a folder is called after an algorithm."""


def number(what: str, value: object) -> None:
    """Raises WrongUse unless a value is a number that single precision has, within rounding."""
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise WrongUse(f"{what}: {value!r} is not a number")
    require(
        value == 0 or 1 / SINGLE <= abs(value) <= SINGLE,
        f"{what}: {value!r} is beyond single precision, which ends at {1 / SINGLE:.0e} and "
        f"{SINGLE:.0e}",
    )


def whole(what: str, value: object) -> None:
    """Raises WrongUse unless a value is a whole number that fits into 32 bits."""
    plain = isinstance(value, int) and not isinstance(value, bool)
    require(
        plain and abs(value) <= LARGEST,  # type: ignore[arg-type]
        f"{what}: {value!r} is not a whole number, from -{LARGEST} to {LARGEST}",
    )


def several(what: str, value: object) -> None:
    """Raises WrongUse unless a value is a tuple or a list; the message says how to write it."""
    require(
        isinstance(value, tuple | list),
        f"{what}: {value!r} is not a tuple; write {as_tuple(str(value))}",
    )


def fraction(value: float) -> str:
    """How to write what may have been meant in per cent, or nothing.

    >>> fraction(40.0)
    '; it is a fraction: 40 % is 0.4'
    """
    return f"; it is a fraction: {value:g} % is {value / 100:g}" if 1 < value <= 100 else ""


def names(what: str, values: Iterable[object]) -> None:
    """Raises WrongUse unless a value is a tuple of strings."""
    several(what, values)
    for value in values:
        require(isinstance(value, str), f"{what}: {value!r} is not a name in quotes")


def as_tuple(text: str) -> str:
    """How to write as a tuple what somebody wrote otherwise.

    >>> as_tuple("lrr,weight_rewinding"), as_tuple("5")
    ("('lrr','weight_rewinding')", '(5,)')
    """
    words = [word for word in re.split(r"[\s,()\[\]{}'\"]+", text) if word]
    parts = [word if isinstance(literal(word), int | float) else repr(word) for word in words]
    return f"({','.join(parts)}{',' if len(parts) == 1 else ''})"


def literal(text: str) -> object:
    """What a text stands for in Python, if it is a number, a tuple and the like; else the text."""
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def folder_name(what: str, name: str) -> None:
    """Raises WrongUse unless a folder of every file system can be called so."""
    require(
        bool(SAFE.fullmatch(name)),
        f"{what} {name[:LONGEST]!r} cannot be the name of a folder: it may have the letters A to "
        "Z, digits, '_', '-' and '.', and neither begins with '-' or '.' nor ends with '.'",
    )
    require(
        len(name) <= LONGEST,
        f"{what} {name[:20]!r}... has {len(name)} characters, more than {LONGEST}",
    )


def like(what: str, value: object, usual: object) -> None:
    """Raises WrongUse unless a value is of the kind of a setting's default.

    A default that is None or of another kind than those below says nothing.
    """
    if isinstance(usual, ConfigDict):
        require(isinstance(value, ConfigDict), f"{what}: {value!r} is not a group of settings")
    elif isinstance(usual, bool):
        require(isinstance(value, bool), f"{what}: {value!r} is neither True nor False")
    elif isinstance(usual, int):
        whole(what, value)
    elif isinstance(usual, float) or isinstance(value, float):
        number(what, value)
    elif isinstance(usual, str):
        require(isinstance(value, str), f"{what}: {value!r} is not a name in quotes")
    elif isinstance(usual, tuple):
        several(what, value)
        for part in value:  # type: ignore[attr-defined]
            plain = isinstance(part, int | float | str | np.generic) and not isinstance(part, bool)
            require(plain, f"{what}: {part!r} is neither a number nor a name")
            if isinstance(part, float):
                number(what, part)


def description(made: Any, where: str = "") -> None:
    """Checks the fields of a dataclass by their defaults.

    Raises:
      WrongUse: one is of another kind than its default.
    """
    for field in dataclasses.fields(made):
        like(f"{where}{field.name}", getattr(made, field.name), field.default)


def settings(config: ConfigDict, usual: ConfigDict, where: str = "") -> None:
    """Checks all settings of a configuration by those of another one.

    Raises:
      WrongUse: one is of another kind.
    """
    for name in config:
        own, other = config[name], usual.get(name)
        if isinstance(own, ConfigDict):
            below = other if isinstance(other, ConfigDict) else ConfigDict()
            settings(own, below, f"{where}{name}.")
        else:
            like(f"{where}{name}", own, other)
