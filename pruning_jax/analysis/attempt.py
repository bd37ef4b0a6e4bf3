"""The one place that turns an error on odd data into words."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def said(error: BaseException) -> str:
    """An error in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def attempt(make: Callable[[], T], what: str, problems: list[str]) -> T | None:
    """What `make` returns; None if it raises anything, and a line about it in `problems`."""
    try:
        with np.errstate(all="ignore"):
            return make()
    except Exception as error:  # an analysis of damaged data may raise what it likes
        problems.append(f"{what} cannot be made ({said(error)})")
        return None
