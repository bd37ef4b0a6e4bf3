"""The paper's four claims in words: a short name and one sentence for each, the same everywhere."""

from typing import NamedTuple


class Claim(NamedTuple):
    """A claim in words. README.md and docs/ have the same ones, which a test compares."""

    name: str
    sentence: str
    supported: str  # when it is


CLAIMS = {
    1: Claim(
        "size",
        "Pruning does more than make networks smaller",
        "pruned networks are more accurate than the dense network, and than a dense network of "
        "as many weights",
    ),
    2: Claim(
        "training",
        "Pruned networks fit their training data better",
        "pruned networks have a lower training loss than the dense network",
    ),
    3: Claim(
        "noise",
        "Pruned networks suffer less from wrong labels",
        "noisy examples cost pruned networks less test accuracy than they cost the dense network, "
        "and the pruned networks are more accurate",
    ),
    4: Claim(
        "factors",
        "Longer training and smaller size together explain the gain",
        "pruned networks are more accurate than the dense network, and neither longer training "
        "nor smaller size alone does as well, but both together do",
    ),
}


WEAK = "weak control"
"""What is said of a claim that is supported by beating a dense network that learns little."""

WEAK_MEANS = (
    "The control is weak: the dense network of as many weights learns less than half of what the "
    "full one learns, so that beating it says little."
)


def short(number: int) -> str:
    """A claim, so short that a table of claims fits on a phone or into 80 columns.

    >>> short(1), short(9)
    ('1 size', 'claim 9')
    """
    return f"{number} {CLAIMS[number].name}" if number in CLAIMS else f"claim {number}"


def sentence(number: int) -> str:
    """What a claim says, without a full stop."""
    return CLAIMS[number].sentence if number in CLAIMS else f"Claim {number}"


def title(number: int) -> str:
    """A claim by its short name and its sentence.

    >>> title(2)
    '2 training: Pruned networks fit their training data better'
    """
    return f"{short(number)}: {sentence(number)}" if number in CLAIMS else sentence(number)


def says(number: int) -> str:
    """When a claim is supported, in a sentence."""
    supported = CLAIMS[number].supported if number in CLAIMS else ""
    return f"It is supported if, at some density, {supported}." if supported else ""
