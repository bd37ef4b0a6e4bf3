"""The numbers that choose networks, as they are written on a command line."""

import re
from collections.abc import Iterable

from pruning_jax.errors import WrongUse
from pruning_jax.experiment import checks

MOST = 100_000
"""How many numbers a range has at most: no grid has as many rounds or seeds."""


def number(what: str, text: str, example: str) -> int | float:
    """The number that is written in a text.

    Raises:
      WrongUse: it is none; the message shows the `example`.
    """
    found = checks.literal(text)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise WrongUse(f"{what}: {text!r} is not a number; write {example}")
    return found


def rates(texts: Iterable[str]) -> list[float]:
    """The numbers that --noise_rates lists.

    Raises:
      WrongUse: something in it is none.
    """
    example = "fractions with commas, as in --noise_rates=0,0.4"
    return [float(number("--noise_rates", text, example)) for text in texts]


def whole(name: str, texts: Iterable[str]) -> list[int]:
    """The whole numbers that a flag lists, with those of its ranges.

    >>> whole("rounds", ["0", "5-8"])
    [0, 5, 6, 7, 8]

    Raises:
      WrongUse: something in it is neither a whole number nor a range of at most MOST.
    """
    made: list[int] = []
    for text in texts:
        found = re.fullmatch(r"([0-9]{1,10})(?:-([0-9]{1,10}))?", text)
        first, last = (int(end or found[1]) for end in found.groups()) if found else (0, -1)
        if not first <= last < first + MOST:
            raise WrongUse(
                f"--{name}: {text!r} is neither a whole number nor a range; write them with "
                f"commas, as in --{name}=0,5,10-20"
            )
        made += range(first, last + 1)
    return made
