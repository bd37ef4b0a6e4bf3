"""Numbers in words, the same in figures, tables and sentences."""

import datetime
import re
from collections.abc import Iterable

MINUS, NO_BREAK = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"


def typeset(text: str) -> str:
    """The text with minus signs before numbers and no line break before a per cent sign.

    >>> typeset("a two-sided test: -0.2 %") == f"a two-sided test: {MINUS}0.2{NO_BREAK}%"
    True
    """
    return re.sub(r"(?<!\w)-(?=\d)", MINUS, text).replace(" %", f"{NO_BREAK}%")


def percent(fraction: float) -> str:
    """A fraction in per cent with three significant digits.

    >>> [percent(fraction).replace(NO_BREAK, " ") for fraction in (1.0, 0.0281, 0.0012)]
    ['100 %', '2.81 %', '0.12 %']
    """
    return f"{100 * fraction:.3g}{NO_BREAK}%"


def count(number: int | float) -> str:
    """A number of weights with three significant digits.

    >>> [count(number) for number in (7.0, 849.0, 26_620.0, 266_200.0, 25_502_912.0)]
    ['7', '849', '26.6k', '266k', '25.5M']
    """
    for unit in ("", "k", "M", "G"):
        if number < 999.5:  # from here on three digits would round to 1000
            return f"{number:.0f}" if not unit else f"{number:.3g}{unit}"
        number /= 1000
    return f"{number:.3g}T"


def noise(rate: float) -> str:
    """A noise rate, as it heads a frame."""
    return f"{percent(rate)} label noise"


def density(fraction: float, total: float | None) -> str:
    """A density with the number of weights that remain, if `total` says of how many.

    >>> density(0.25, 50_200.0).replace(NO_BREAK, " ")
    '25 % (12,550 weights)'
    """
    return percent(fraction) + (f" ({fraction * total:,.0f} weights)" if total else "")


def several(number: int | float, thing: str) -> str:
    """A number of things, in the singular or the plural.

    >>> several(1, "seed"), several(6, "seed"), several(0, "replicate")
    ('1 seed', '6 seeds', '0 replicates')
    """
    return f"{number:,.0f} {thing}{'' if number == 1 else 's'}"


def listed(named: Iterable[str]) -> str:
    """Things one after another, as in a sentence.

    >>> listed(["lrr"]), listed(["lrr", "random"]), listed(["lrr", "random", "reinit"])
    ('lrr', 'lrr and random', 'lrr, random and reinit')
    """
    things = [*named]
    return " and ".join([*filter(None, [", ".join(things[:-1])]), *things[-1:]])


def moment(time: str) -> str:
    """A time that is written as ISO 8601, by the clock here; what is no time stays as it is.

    >>> moment("soon")
    'soon'
    """
    try:
        return datetime.datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return time
