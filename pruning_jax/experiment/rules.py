"""Rules that a run and its examination share, in plain Python."""

import fnmatch
import math
from fractions import Fraction


def count(rate: float, n: int) -> int:
    """ceil(rate * n), with the rate as it is written in decimal.

    >>> count(0.07, 100)  # 0.07 * 100 is 7.000000000000001 in floating point
    7
    """
    return math.ceil(Fraction(str(float(rate))) * n)


def matches(name: str, pattern: str) -> bool:
    """Whether a pattern names the path of a leaf, or its layer.

    >>> matches("Dense_2/kernel", "Dense_2"), matches("Dense_2/kernel", "Dense_[01]")
    (True, False)
    """
    return any(fnmatch.fnmatch(n, pattern) for n in (name, name.rpartition("/")[0]))


def is_safe(name: str) -> bool:
    """Whether a name can be that of one folder, so that it leads nowhere else.

    >>> is_safe("lrr"), is_safe("../lrr"), is_safe(".."), is_safe("a\\nb")
    (True, False, False, False)
    """
    fits = 0 < len(name.encode(errors="replace")) <= 200
    return fits and name.isprintable() and not {*name} & {*"/\\"} and name.strip(". ") != ""
