"""What chance gives: how many weights two masks share if each was drawn at random."""

import math
from typing import NamedTuple


class Chance(NamedTuple):
    """The number of weights that two random masks share in some of the places."""

    mean: float
    variance: float

    def plus(self, other: "Chance") -> "Chance":
        """The same of two layers whose masks are drawn by themselves."""
        return Chance(self.mean + other.mean, self.variance + other.variance)

    def z(self, shared: int) -> float:
        """How many standard deviations a number of shared weights lies above the mean; NaN where
        chance leaves nothing open."""
        spread = math.sqrt(max(self.variance, 0.0))
        return (shared - self.mean) / spread if spread > 1e-9 else math.nan


def shared(places: int, total: int, remaining: int, other: int) -> Chance:
    """The weights that two masks share in some places, if each keeps its number of all of them.

    Each place is kept by both with probability p q for p = remaining / total, q = other / total.
    The covariance of two places is p' q' - (p q)^2, where p' = p (remaining - 1) / (total - 1)
    is the probability that the first mask keeps both, and q' that of the other. If the places are
    all of them, this is the hypergeometric distribution: mean remaining * other / total, variance
    remaining other (total - remaining) (total - other) / (total^2 (total - 1)).

    >>> shared(10, 10, 5, 4)
    Chance(mean=2.0, variance=0.6666666666666667)

    Args:
      places: how many places are looked at.
      total: how many places there are.
      remaining: how many of them the first mask keeps.
      other: how many the other mask keeps.
    """
    both = remaining * other / total**2
    mean = places * both
    if places == total:
        above = remaining * other * (total - remaining) * (total - other)
        return Chance(mean, above / (total**2 * (total - 1)) if total > 1 else 0.0)
    pairs = both * (remaining - 1) * (other - 1) / (total - 1) ** 2
    return Chance(mean, places * both * (1 - both) + places * (places - 1) * (pairs - both**2))


def iou(shared: float | int, remaining: int, other: int) -> float:
    """Intersection over union, from the size of the intersection; NaN for two empty masks."""
    union = remaining + other - shared
    return shared / union if union else math.nan
