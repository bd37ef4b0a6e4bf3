"""The four claims as statements about densities, and the verdict on each."""

from math import isnan
from typing import NamedTuple

from pruning_jax.analysis.claims import trials, verdicts
from pruning_jax.analysis.claims.evidence import Evidence
from pruning_jax.analysis.claims.trials import Statement, above, below
from pruning_jax.analysis.claims.verdicts import Verdict
from pruning_jax.analysis.settings import Settings


class Claim(NamedTuple):
    """What decides a claim. What is too small to matter everywhere comes first: an effect below
    what matters is none, however significant it is."""

    nowhere: Statement  # at every density; it needs the whole range
    nowhere_verdict: str
    support: Statement  # at some density
    against: Statement | None = None  # at some density


def claim(number: int, settings: Settings) -> Claim:
    """The statements of a claim; docs/verdicts.md has them as formulas."""
    delta, margin = settings.delta, settings.equivalent
    gain, no_gain = above("gain"), (below("gain", delta),)
    if number == 1:
        size = above("beyond_size")
        against = (gain, below("beyond_size", delta))
        return Claim(no_gain, verdicts.NO_GAIN, (gain, size), against)
    if number == 2:
        limit = settings.minimum_log_ratio
        nowhere = (above("log_loss", -limit),)
        return Claim(nowhere, verdicts.CONTRADICTED, (below("log_loss"),))
    if number == 3:
        # A collapsed network loses nothing to noise: so the lesser of the two is what counts.
        nowhere = ((*below("reduction", delta), *below("gain", delta)),)
        return Claim(nowhere, verdicts.CONTRADICTED, (above("reduction"), gain))
    alone = above("beyond_time"), above("beyond_size")
    both = above("beyond_both", -margin), below("beyond_both", margin)
    either = (*below("beyond_time", delta), *below("beyond_size", delta))
    return Claim(no_gain, verdicts.NO_GAIN, (gain, *alone, *both), (gain, either))


def judge(number: int, evidence: Evidence, settings: Settings) -> Verdict:
    """The verdict on a claim, asked of an algorithm at one noise rate."""
    own = claim(number, settings)
    lacking = evidence.lacking.get(number, "")
    untested = ""
    if lacking and own.nowhere_verdict == verdicts.CONTRADICTED:
        untested = f"{lacking}."
    elif too_few_seeds(evidence, settings):
        there = f"{evidence.seeds} of the {settings.minimum_seeds} seeds that are needed"
        untested = f"{evidence.pruned} has {there}."
    if untested:
        verdict = verdicts.UNDECIDED if evidence.asks(number) else verdicts.NOT_ASKED
        return verdicts.row(number, verdict, evidence, None, settings, untested)
    nowhere = trials.everywhere(own.nowhere, evidence, settings)
    if nowhere and nowhere.holds:
        whole = isnan(evidence.ended)
        verdict = own.nowhere_verdict if whole else verdicts.UNDECIDED
        because = "" if whole else _open_range(number, evidence)
        return verdicts.row(number, verdict, evidence, nowhere, settings, because)
    rather = ~evidence.weak if number == 1 else None
    support = trials.somewhere(own.support, evidence, settings, rather)
    if support and support.holds:
        return verdicts.row(number, verdicts.SUPPORTED, evidence, support, settings)
    against = trials.somewhere(own.against, evidence, settings) if own.against else None
    if against and against.holds:
        return verdicts.row(number, verdicts.CONTRADICTED, evidence, against, settings)
    because = f"{lacking}." if lacking else ""
    if not support and not lacking:
        because = f"at no density has every seed of {evidence.pruned} all that is compared."
    return verdicts.row(number, verdicts.UNDECIDED, evidence, support, settings, because)


def too_few_seeds(evidence: Evidence, settings: Settings) -> bool:
    """Whether an algorithm has so few seeds that nothing is tested."""
    return evidence.seeds < settings.minimum_seeds


EFFECT = {1: "a gain", 2: "a lower training loss", 3: "less harm by noise", 4: "a gain"}
"""What a claim looks for."""


def _open_range(number: int, evidence: Evidence) -> str:
    """That nothing was found, and that more densities might have it."""
    end = verdicts.weights(evidence.ended)
    return (
        f"{evidence.pruned} shows nowhere {EFFECT[number]} that matters, but the range ends at "
        f"{end}."
    )
