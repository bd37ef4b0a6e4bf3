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
    weak_control: bool  # the claim is supported beside a dense network that learns little
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

WEAKLY = (
    "{pruned} at {at} beats the dense network; the dense network of as many weights learns little "
    "({control} accuracy)."
)
"""What is said instead where the control of a supported claim 1 is weak."""

OPEN = {
    "gain": "{pruned} beats the dense network",
    "beyond_size": "{pruned} beats a dense network of as many weights",
    "beyond_time": "{pruned} beats a dense network trained as long",
    "beyond_both": "both factors together come within {margin} of {pruned}",
    "log_loss": "{pruned} has a lower training loss than the dense network",
    "reduction": "noisy examples harm {pruned} less than the dense network",
}
"""What is not shown, by the measure that is least sure at the density that comes nearest."""


def sentence(claim: int, verdict: str, evidence: Evidence, found: Finding, own: Settings) -> str:
    """What a verdict says, or what is not shown."""
    nearest = f"{found.effect.replicates} seeds come nearest at {{at}}, but do not show that"
    says = SAYS.get((claim, verdict), f"{nearest} {OPEN[found.part.measure]}.")
    if _weak(claim, verdict, evidence, found):
        says = WEAKLY
    return says.format(
        pruned=evidence.pruned,
        at=weights(float(evidence.density[found.place])),
        control=f"{100 * evidence.control[found.place]:.3g} %",
        delta=points(own.delta),
        margin=points(own.equivalent),
        ratio=f"{exp(own.minimum_log_ratio):.3g}",
    )


def _weak(claim: int, verdict: str, evidence: Evidence, found: Finding) -> bool:
    """Whether what supports a claim is a comparison with a weak control."""
    return claim == 1 and verdict == SUPPORTED and bool(evidence.weak[found.place])


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
      found: None only where `because` says why.
      because: why nothing is decided, in words, where it is not the numbers.
    """
    says = because or (sentence(claim, verdict, evidence, found, settings) if found else "")
    said = f"{noise(evidence.noise)}, {says}"
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
        float(evidence.density[found.place]) if found else NAN,
        bool(found) and _weak(claim, verdict, evidence, found),
        said,
        settings.digest,
    )


def nothing(claim: int, rate: float, settings: Settings) -> Verdict:
    """The row of a run in which nothing prunes."""
    said = f"{noise(rate)}, no algorithm prunes."
    empty = (NOTHING, NAN, NAN, NAN, NAN, 0, NAN, False)
    return Verdict(claim, "", rate, NOT_ASKED, *empty, said, settings.digest)
