"""The one place where an error that odd data lead to becomes words."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from pruning_jax.errors import said

T = TypeVar("T")


def attempt(make: Callable[[], T], what: str, problems: list[str]) -> T | None:
    """What `make` returns; None if it raises anything, and then `problems` gets a line.

    >>> problems = []
    >>> attempt(lambda: 1 // 0, "table curves", problems)
    >>> problems
    ['table curves cannot be made (ZeroDivisionError: integer division or modulo by zero)']
    """
    try:
        with np.errstate(all="ignore"):
            return make()
    except Exception as error:  # damaged data may lead to any error
        problems.append(f"{what} cannot be made ({said(error)})")
        return None
