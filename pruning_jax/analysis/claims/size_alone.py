"""Claim 1: size reduction is not enough."""

import numpy as np

from pruning_jax.analysis import matching, measurements
from pruning_jax.analysis.claims import selection, verdicts
from pruning_jax.analysis.claims.selection import take
from pruning_jax.analysis.claims.verdicts import Verdict
from pruning_jax.analysis.measurements import Slice, mean
from pruning_jax.analysis.settings import Settings


def claim(part: Slice, pruned: str, settings: Settings) -> Verdict:
    """The best pruned model against the dense model of as many weights by smaller width:
    the paired difference in test accuracy.

    The density is chosen on validation among those with a width-scaled model; for the mean each
    seed's difference is taken at the density that the seeds before it choose (`sequential`),
    which keeps the pruned model's luck out of the choice. `density` is that of all seeds.
    """
    partners = matching.partners(part, pruned, settings)
    test = part.of(pruned, "test_accuracy")
    small = matching.of_partners(part, "test_accuracy", partners, extended=False)
    validation = part.of(pruned, "validation_accuracy"), part.start("validation_accuracy")
    allowed = measurements.known(test - small)
    all_choose = selection.best(*validation, allowed)
    rounds = selection.sequential(*validation, allowed)
    if all_choose < 0:
        return verdicts.undecided(1, part.noise, _missing(part, pruned, partners, settings))
    gains = take(test - small, rounds)
    found = settings.estimates(gains).at()
    density = float(part.density(pruned)[all_choose])
    paired = np.isfinite(gains)
    means = [float(mean(v[paired])) for v in (take(test, rounds), take(small, rounds))]
    dense = float(mean(part.start("test_accuracy")[paired]))
    interval = verdicts.level(settings.alpha)
    sentence = (
        f"{verdicts.noise(part.noise)}, {pruned} at {verdicts.weights(density)} of the weights "
        f"(the best by validation of {len(np.flatnonzero(allowed))} densities; every seed is "
        f"compared at the density that earlier ones choose) has {verdicts.accuracy(means[0])} test "
        f"accuracy, and the dense model of as many weights by smaller width "
        f"{verdicts.accuracy(means[1])}: {verdicts.points(found, interval)}. "
        f"{_beside_dense(means, dense)}{verdicts.left_out(part.diverged(pruned))}"
    )
    verdict = verdicts.verdict(found, settings.minimum_gain)
    return Verdict(1, part.noise, verdict, *found[:3], found.replicates, density, sentence)


def _beside_dense(means: list[float], dense: float) -> str:
    pruned, small = (f"{100 * (own - dense):+.1f}" for own in means)
    none = "" if means[0] > dense else " So pruning does not improve on the full dense model here."
    return (
        f"The full dense model has {verdicts.accuracy(dense)}: pruning is {pruned} points from "
        f"it, the smaller width {small}.{none}"
    )


def _missing(part: Slice, pruned: str, partners: dict[int, str], settings: Settings) -> str:
    """Why nothing can be compared."""
    if not part.measured.scaled(settings):
        lacking = "width-scaled dense models are missing"
    elif not partners:
        lacking = f"no width-scaled dense model has as many weights as {pruned} at any density"
    else:
        lacking = (
            f"no seed has the test accuracy of both {pruned} and the width-scaled dense model "
            f"and the validation accuracy of {pruned}"
        )
    return f"{verdicts.noise(part.noise)}: {lacking}."
