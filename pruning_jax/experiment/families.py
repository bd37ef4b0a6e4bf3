"""Controls that differ in one number alone, for pages on which a line for each is too much."""

import re
from collections.abc import Iterable
from typing import NamedTuple

VARIED = re.compile(r"(?<=_width_)[\d.e-]+|(?<=^without_top_improved_)\d+|(?<=^without_random_)\d+")
"""The number in the name of a control: a width, or a round."""


class Family(NamedTuple):
    """Algorithms whose names differ in one number alone."""

    name: str  # with * in place of the number; the only member's own name
    members: tuple[str, ...]

    @property
    def varied(self) -> str:
        """What the * stands for; "" for a single member.

        >>> Family("without_random_*", ("without_random_05", "without_random_12")).varied
        '2 rounds, 5 to 12'
        """
        if len(self.members) == 1:
            return ""
        numbers = sorted(float(found.group()) for n in self.members if (found := VARIED.search(n)))
        what = "widths" if "_width_" in self.name else "rounds"
        return f"{len(numbers)} {what}, {numbers[0]:g} to {numbers[-1]:g}"


def families(names: Iterable[str]) -> list[Family]:
    """Algorithms as families, in the order of their first members.

    >>> [family.name for family in families(["lrr", "lrr_width_0.5", "lrr_width_0.25"])]
    ['lrr', 'lrr_width_*']
    """
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(VARIED.sub("*", name), []).append(name)
    return [Family(n if len(own) > 1 else own[0], (*own,)) for n, own in alike.items()]
