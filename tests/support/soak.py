"""How long tests of faults look for one: longer in `make soak` than in every run of the tests."""

import os
from typing import TypeVar

T = TypeVar("T")


def bounded(usual: T, soaking: T) -> T:
    """The first value in a usual run of the tests, the second one where SOAK is set."""
    return soaking if os.environ.get("SOAK") else usual
