"""What a verdict is, and how its sentence says numbers."""

import itertools
from collections.abc import Iterable
from math import exp, isnan
from typing import NamedTuple

from pruning_jax.analysis.statistics import Estimate

NAN = float("nan")


class Verdict(NamedTuple):
    """A row of claims.csv."""

    claim: int
    noise_rate: float
    verdict: str  # supported, contradicted, undecided
    effect: float
    low: float
    high: float
    replicates: int
    density: float
    sentence: str


def verdict(found: Estimate, minimum: float = 0.0) -> str:
    """What an effect that is claimed to be positive says."""
    if found.low > minimum:
        return "supported"
    return "contradicted" if found.high < -minimum else "undecided"


def weights(density: float) -> str:
    """A density."""
    return f"{100 * density:.3g} %"


def accuracy(fraction: float) -> str:
    """An accuracy."""
    return "unknown" if isnan(fraction) else f"{100 * fraction:.1f} %"


def points(found: Estimate, interval: str = "95 % interval") -> str:
    """A difference of accuracies with its interval."""
    bounds = f"{100 * found.low:+.1f} to {100 * found.high:+.1f}"
    return f"{100 * found.mean:+.1f} points ({_evidence(bounds, found, interval)})"


def times(found: Estimate, interval: str = "95 % interval") -> str:
    """A log ratio, as a factor with its interval."""
    bounds = f"{_exp(found.low):.3g} to {_exp(found.high):.3g}"
    return f"{_exp(found.mean):.3g} times ({_evidence(bounds, found, interval)})"


def _evidence(bounds: str, found: Estimate, interval: str) -> str:
    count = f"{found.replicates} replicate{'s' if found.replicates != 1 else ''}"
    return f"{count}, no interval" if isnan(found.low) else f"{interval} {bounds}, {count}"


def _exp(x: float) -> float:
    return exp(min(x, 700.0))


def level(alpha: float) -> str:
    """The name of an interval with confidence 1 - alpha."""
    return f"{100 * (1 - alpha):.4g} % interval"


def noise(rate: float) -> str:
    """How a sentence begins."""
    return f"With {100 * rate:.3g} % label noise" if rate else "Without label noise"


def ranges(densities: Iterable[float], chosen: Iterable[object]) -> str:
    """The densities that are chosen, neighbours as a range.

    >>> ranges([0.8, 0.64, 0.512, 0.41], [True, True, False, True])
    '80 % to 64 % and 41 %'
    """
    texts = []
    for own, run in itertools.groupby(zip(densities, chosen, strict=True), lambda pair: pair[1]):
        if own:
            ends = [weights(density) for density, _ in run]
            texts.append(ends[0] if len(ends) == 1 else f"{ends[0]} to {ends[-1]}")
    return listed(texts)


def listed(texts: list[str]) -> str:
    """Texts joined as in a sentence."""
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


def undecided(claim: int, rate: float, sentence: str) -> Verdict:
    """A claim that cannot be judged, and why."""
    return Verdict(claim, rate, "undecided", NAN, NAN, NAN, 0, NAN, sentence)


def left_out(count: int) -> str:
    """How many networks diverged, as a sentence of its own."""
    if not count:
        return ""
    return f" {count} {'networks' if count > 1 else 'network'} diverged and left out."
