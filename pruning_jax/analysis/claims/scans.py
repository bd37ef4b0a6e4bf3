"""Claims 2 and 3: better training, additional regularization; each over all densities."""

from typing import NamedTuple

import numpy as np

from pruning_jax.analysis.claims import verdicts
from pruning_jax.analysis.claims.verdicts import Verdict
from pruning_jax.analysis.measurements import Slice, mean
from pruning_jax.analysis.settings import Settings
from pruning_jax.analysis.statistics import Estimate, holm, holm_level


class Scan(NamedTuple):
    """A difference from the dense model, tested at every density."""

    verdict: str
    effect: Estimate  # where the reduction is largest, or else surest; Holm's interval
    place: int  # of that density
    scanned: np.ndarray  # rounds
    lower: np.ndarray  # whether it is significantly lower there, after Holm's correction
    higher: np.ndarray  # likewise


def scan(values: np.ndarray, rounds: np.ndarray, minimum: float, settings: Settings) -> Scan | None:
    """Whether values[seed, round] are below 0 somewhere; None where no round has two seeds.

    Supported: at some density the mean is below `-minimum` by a two-sided test after Holm's
    correction over the densities. Contradicted: at every density the unadjusted interval lies
    above `minimum`; that all hold at once needs no correction (intersection-union, Berger 1982).
    The interval of the effect has the level at which Holm's procedure tested it, so that it says
    the same as the verdict. It does not correct for its density being chosen by the effect.
    """
    rounds = rounds[(np.isfinite(values).sum(0) > 1)[rounds]]
    if not len(rounds):
        return None
    values = values[:, rounds]
    shifted = settings.estimates(values + minimum)
    adjusted = holm(shifted.p)
    lower = (adjusted <= settings.alpha) & (shifted.mean < 0)
    plain = settings.estimates(values) if minimum else shifted
    higher = (adjusted <= settings.alpha) & (shifted.mean > 0) & (plain.low > minimum)
    if lower.any():
        verdict, place = "supported", int(np.where(lower, plain.mean, np.inf).argmin())
    else:
        verdict = "contradicted" if (plain.low > minimum).all() else "undecided"
        place = int(adjusted.argmin())
    confidence = 1 - holm_level(shifted.p, settings.alpha, place)
    effect = settings.estimates(values[:, place], confidence).at()
    return Scan(verdict, effect, place, rounds, lower, higher)


def _claim(number: int, part: Slice, density: np.ndarray, found: Scan, sentence: str) -> Verdict:
    at = float(density[found.scanned[found.place]])
    effect = found.effect
    return Verdict(number, part.noise, found.verdict, *effect[:3], effect.replicates, at, sentence)


def _where(found: Scan, density: np.ndarray, lower: str, higher: str) -> str:
    """At which densities it is lower, and at which higher."""
    own = density[found.scanned]
    parts = []
    if found.lower.any():
        parts.append(f"{lower} at {verdicts.ranges(own, found.lower)} of the weights")
    if found.verdict == "contradicted":
        parts.append(f"{higher} at every density")
    elif found.higher.any():
        parts.append(f"{higher} at {verdicts.ranges(own, found.higher)}")
    return verdicts.listed(parts) or f"neither significantly {lower} nor {higher} at any density"


def _scanned(found: Scan, settings: Settings) -> str:
    count = len(found.scanned)
    plural = "densities" if count > 1 else "density"
    return f"{count} {plural} scanned, Holm's correction, level {100 * settings.alpha:.3g} %"


def training(part: Slice, pruned: str, settings: Settings) -> Verdict:
    """Claim 2: log(training loss of the pruned network / of the dense one), at every density."""
    losses = part.of(pruned, "train_loss"), part.start("train_loss")[:, None]
    own, dense = (np.log(np.maximum(loss, settings.smallest_loss)) for loss in losses)
    density = part.density(pruned)
    rounds = np.flatnonzero(density < 1)
    found = scan(own - dense, rounds, settings.minimum_log_ratio, settings)
    if found is None:
        lacking = f"no density has the training loss of {pruned} and of the dense model twice"
        return verdicts.undecided(2, part.noise, f"{verdicts.noise(part.noise)}: {lacking}.")
    at = verdicts.weights(float(density[found.scanned[found.place]]))
    sentence = (
        f"{verdicts.noise(part.noise)}, the training loss of {pruned}, beside the dense model's, "
        f"is {_where(found, density, 'lower', 'higher')} ({_scanned(found, settings)}). "
        f"At {at} it is {verdicts.times(found.effect, _corrected(settings))} the dense model's."
        f"{_lacking(len(rounds) - len(found.scanned))}"
        f"{verdicts.left_out(part.diverged(pruned))}"
    )
    return _claim(2, part, density, found, sentence)


def regularization(part: Slice, pruned: str, settings: Settings) -> Verdict:
    """Claim 3: accuracy degradation due to noisy examples, pruned minus dense, at every density.

    A network that has collapsed loses nothing to noise. So (ours) a density is left out if the
    pruned networks trained without the noisy examples have a mean test accuracy more than
    `collapse_tolerance` below the dense ones', unless with the noisy examples theirs is higher.
    """
    if not part.noise:
        return verdicts.undecided(3, 0.0, "Without label noise there are no noisy examples.")
    clean = part.of(part.measured.control(pruned, "noisy"), "test_accuracy")
    dense_clean = part.start("test_accuracy", without="noisy")
    dense = dense_clean - part.start("test_accuracy")
    density = part.density(pruned)
    rounds = np.flatnonzero(density < 1)
    difference = part.degradation(pruned) - dense[:, None]
    measured = rounds[(np.isfinite(difference).sum(0) > 1)[rounds]]
    if not len(measured):
        return verdicts.undecided(3, part.noise, _missing(part, pruned))
    lost = mean(clean - dense_clean[:, None])
    gained = mean(part.of(pruned, "test_accuracy") - part.start("test_accuracy")[:, None])
    alive = measured[((lost >= -settings.collapse_tolerance) | (gained >= 0))[measured]]
    out = _collapsed(len(measured) - len(alive), settings)
    found = scan(difference, alive, settings.minimum_degradation, settings)
    if found is None:
        sentence = f"{verdicts.noise(part.noise)}, no density of {pruned} can be compared.{out}"
        return verdicts.undecided(3, part.noise, sentence)
    at = int(found.scanned[found.place])
    both = np.isfinite(difference[:, at])
    amounts = float(mean(part.degradation(pruned)[both, at])), float(mean(dense[both]))
    sentence = (
        f"{verdicts.noise(part.noise)}, the test accuracy lost to noisy examples, {pruned} beside "
        f"dense, is {_where(found, density, 'smaller', 'larger')} ({_scanned(found, settings)}). "
        f"At {verdicts.weights(float(density[at]))} of the weights {pruned} loses "
        f"{100 * amounts[0]:.1f} points and the dense model {100 * amounts[1]:.1f}: "
        f"{verdicts.points(found.effect, _corrected(settings))}."
        f"{out}{_lacking(len(rounds) - len(measured))}"
        f"{verdicts.left_out(part.diverged(pruned))}"
    )
    return _claim(3, part, density, found, sentence)


def _corrected(settings: Settings) -> str:
    return f"{verdicts.level(settings.alpha)} with Holm's correction"


def _collapsed(count: int, settings: Settings) -> str:
    if not count:
        return ""
    plural = "densities are" if count > 1 else "density is"
    return (
        f" {count} {plural} left out (our rule): the pruned networks have a lower test accuracy "
        f"than the dense ones, and more than {100 * settings.collapse_tolerance:.3g} points lower "
        f"without the noisy examples, too."
    )


def _lacking(count: int) -> str:
    if not count:
        return ""
    return f" {count} {'densities have' if count > 1 else 'density has'} fewer than two replicates."


def _missing(part: Slice, pruned: str) -> str:
    """Why no degradation can be compared."""
    begin = verdicts.noise(part.noise)
    if not part.measured.control(pruned, "noisy"):
        return f"{begin}: {pruned} trained without the noisy examples is missing."
    if np.isnan(part.start("test_accuracy", without="noisy")).all():
        return f"{begin}: the dense model trained without the noisy examples is missing."
    return f"{begin}: no density has two replicates of everything that is compared."
