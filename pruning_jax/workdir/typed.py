"""Values of a JSON file held against the types of the descriptions that are made of them."""

import math
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any


def misfit(description: type, parts: Mapping[str, object]) -> str:
    """The first value that has not the type which a description asks for, in words; or "".

    Numbers must be finite. Names that the description does not have are left to its constructor.

    Args:
      description: a dataclass, or a NamedTuple.
      parts: the values by their names; lists are tuples already.

    >>> from pruning_jax.experiment.data import Data
    >>> misfit(Data, {"dataset": "digits", "split_seed": "three"})
    "split_seed is 'three', not int"
    """
    hints = typing.get_type_hints(description)
    for name, value in parts.items():
        if name in hints and not fits(value, hints[name]):
            kind = getattr(hints[name], "__name__", "")
            wanted = kind if kind in ("int", "float", "bool", "str") else str(hints[name])
            return f"{name} is {_short(value)}, not {wanted}"
    return ""


def fits(value: object, hint: Any) -> bool:
    """Whether a value has a type, as far as descriptions use types.

    >>> fits((1, 2.5), tuple[float, ...]), fits(True, int), fits(float("inf"), float)
    (True, False, False)
    """
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return any(fits(value, part) for part in inner)
    if origin in (tuple, Sequence):
        return isinstance(value, tuple) and all(fits(part, inner[0]) for part in value)
    if hint is float:
        return _is_number(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return value is None if hint is types.NoneType else isinstance(value, hint)


def _is_number(value: object) -> bool:
    """Whether it is a finite number, and not so long that no float could be it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) if isinstance(value, float) else abs(value) < 2**63


def _short(value: object) -> str:
    """A value in a few words."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
