"""What a verdict is, and the sentence that says it: short, because the numbers stand beside it."""

from math import exp
from typing import NamedTuple

from pruning_jax.analysis.claims.evidence import Evidence
from pruning_jax.analysis.claims.trials import Finding
from pruning_jax.analysis.settings import Settings

NAN = float("nan")
MOST_WORDS = 30
"""In a sentence about verdicts."""

NOTHING = "nothing"
"""The measure of a verdict without an effect."""

VERDICTS = ("supported", "contradicted", "no gain", "undecided", "not asked")
SUPPORTED, CONTRADICTED, NO_GAIN, UNDECIDED, NOT_ASKED = VERDICTS
"""All verdicts. "no gain": there is no gain to explain. "not asked": there are no noisy examples
for claim 3, or no algorithm prunes, so that no number of seeds could decide."""


class Verdict(NamedTuple):
    """A row of claims.csv."""

    claim: int
    algorithm: str
    noise_rate: float
    verdict: str
    measure: str  # what `effect` is: a key of `evidence.MEASURES`
    effect: float
    low: float
    high: float
    confidence: float  # of the interval
    replicates: int
    density: float
    sentence: str
    settings: str  # their digest


def weights(density: float) -> str:
    """A density."""
    return f"{100 * density:.3g} % of the weights"


def points(difference: float) -> str:
    """A difference of accuracies."""
    return f"{100 * difference:.3g} points"


def noise(rate: float) -> str:
    """How a sentence begins."""
    return f"With {100 * rate:.3g} % label noise" if rate else "Without label noise"


SAYS = {
    (1, SUPPORTED): "{pruned} at {at} beats the dense network and the dense network of as many "
    "weights.",
    (1, CONTRADICTED): "{pruned} at {at} beats the dense network, and the dense network of as many "
    "weights comes within {delta}.",
    (1, NO_GAIN): "{pruned} never beats the dense network by {delta}.",
    (2, SUPPORTED): "{pruned} at {at} has a lower training loss than the dense network.",
    (2, CONTRADICTED): "{pruned} never lowers the training loss by a factor of {ratio}.",
    (3, SUPPORTED): "{pruned} at {at} loses less to noisy examples than the dense network, and is "
    "more accurate.",
    (3, CONTRADICTED): "{pruned} is nowhere both less harmed by noisy examples and more accurate "
    "than the dense network by {delta}.",
    (4, SUPPORTED): "{pruned} at {at} beats the dense network and either factor alone; both "
    "together come within {margin}.",
    (4, CONTRADICTED): "{pruned} at {at} beats the dense network, and one factor alone comes "
    "within {delta} of it.",
    (4, NO_GAIN): "{pruned} never beats the dense network by {delta}.",
}
"""What each verdict says."""

OPEN = {
    1: "whether size alone explains the accuracy of {pruned} remains open.",
    2: "whether {pruned} lowers the training loss remains open.",
    3: "whether {pruned} makes noisy examples less harmful remains open.",
    4: "whether training time and size together explain the accuracy of {pruned} remains open.",
}
"""What is said where the tests do not decide."""


def sentence(claim: int, verdict: str, evidence: Evidence, density: float, own: Settings) -> str:
    """What a verdict says, or what remains open."""
    template = SAYS.get((claim, verdict), OPEN[claim])
    said = template.format(
        pruned=evidence.pruned,
        at=weights(density),
        delta=points(own.delta),
        margin=points(own.equivalent),
        ratio=f"{exp(own.minimum_log_ratio):.3g}",
    )
    return f"{noise(evidence.noise)}, {said}"


def row(
    claim: int,
    verdict: str,
    evidence: Evidence,
    found: Finding | None,
    settings: Settings,
    because: str = "",
) -> Verdict:
    """A row: a verdict with the finding that decides it, or comes nearest to deciding.

    Args:
      because: why nothing is decided, in words, where it is not the numbers.
    """
    density = float(evidence.density[found.place]) if found else NAN
    said = sentence(claim, verdict, evidence, density, settings)
    if because:
        said = f"{noise(evidence.noise)}, {because}"
    if len(said.split()) > MOST_WORDS:  # of which a name may have many
        said = said.replace(evidence.pruned, "this algorithm")
    own = (*found.effect[:3], found.confidence, found.effect.replicates) if found else None
    return Verdict(
        claim,
        evidence.pruned,
        evidence.noise,
        verdict,
        found.part.measure if found else NOTHING,
        *(own or (NAN, NAN, NAN, NAN, 0)),
        density,
        said,
        settings.digest,
    )


def nothing(claim: int, rate: float, settings: Settings) -> Verdict:
    """The row of a run in which nothing prunes."""
    said = f"{noise(rate)}, no algorithm prunes."
    empty = (NOTHING, NAN, NAN, NAN, NAN, 0, NAN)
    return Verdict(claim, "", rate, NOT_ASKED, *empty, said, settings.digest)
