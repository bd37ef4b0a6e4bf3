"""How much text a figure has room for, by what letters usually take."""

from collections.abc import Sequence

LETTER = 0.0093
"""Inches that a letter takes for each point of its size: a bold one; others take less."""

LINE, SMALL = 0.6, 0.062
"""Inches in a legend: of a line with the space around it, and of a letter of 8 points."""


def beside(names: Sequence[str], inches: float) -> int:
    """How many entries of a legend stand beside each other, one to three.

    >>> beside(["lrr", "dense, fewer units"], 4.0), beside(["lrr", "random"], 4.0)
    (2, 3)
    """
    longest = max(map(len, names), default=0)
    return max(1, min(3, int(inches / (LINE + SMALL * longest))))


def points(text: str, inches: float, most: float) -> float:
    """The size at which a line of text fits, in points, and at most so many.

    >>> points("seeds", 3.0, 9.0), round(points("x" * 50, 3.0, 9.0), 1)
    (9.0, 6.5)
    """
    return min(most, inches / (LETTER * max(1, len(text))))
