"""What the claims compare: differences paired by seed, at every density of an algorithm."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from pruning_jax.analysis import matching
from pruning_jax.analysis.measurements import Slice, mean
from pruning_jax.analysis.resolution import LOG_LOSS
from pruning_jax.analysis.settings import Settings
from pruning_jax.plugins import DATASETS

MEASURES = {
    "gain": "test accuracy, pruned - dense",
    "beyond_size": "test accuracy, pruned - dense of as many weights",
    "beyond_time": "test accuracy, pruned - dense of as much training",
    "beyond_both": "test accuracy, pruned - dense of as many weights and as much training",
    "log_loss": "log(training loss, pruned / dense)",
    "reduction": "degradation due to noisy examples, dense - pruned",
}
"""What is compared. Accuracies are fractions, log_loss is a natural logarithm."""

SCANNED = {
    1: ("gain", "beyond_size"),
    2: ("log_loss",),
    3: ("reduction", "gain"),
    4: ("gain", "beyond_time", "beyond_size", "beyond_both"),
}
"""What each claim looks at."""


LEARNS_LITTLE = 0.5
"""A control is weak that learns less than this part of what the dense network learns: of its test
accuracy beyond guessing, on average over seeds. To beat it says little. This is our decision."""


class Evidence(NamedTuple):
    """An algorithm at one noise rate. Its densities are those of its rounds that prune."""

    pruned: str
    noise: float
    density: Float[ndarray, " density"]
    values: dict[str, ndarray]  # of each measure, [seed, density]; NaN where anything is missing
    reached: Bool[ndarray, " density"]  # every seed got there: none of them ended before
    diverged: Bool[ndarray, " density"]  # a seed had diverged there
    ended: float  # the density of the last round if the networks still learn there; else NaN
    accuracy_step: float
    control: Float[ndarray, " density"]  # mean test accuracy of dense networks of as many weights
    weak: Bool[ndarray, " density"]  # these are weak controls
    lacking: dict[int, str]  # what the grid lacks, by claim; no entry if nothing

    @property
    def seeds(self) -> int:
        """How many seeds the algorithm has."""
        return len(self.values["gain"])

    def asks(self, claim: int) -> bool:
        """Whether a claim can be asked: claim 3 is about noisy examples."""
        return claim != 3 or self.noise > 0

    def step(self, measure: str) -> float:
        """The smallest step of a measure."""
        return LOG_LOSS if measure == "log_loss" else self.accuracy_step


def gather(part: Slice, pruned: str, settings: Settings) -> Evidence:
    """The evidence on an algorithm at the noise rate of a slice; only seeds that it has count."""
    densities = part.of(pruned, "density")
    seeds = np.flatnonzero(np.isfinite(densities).any(1))
    rounds = np.flatnonzero(part.density(pruned) < 1)
    last = _last(densities[seeds])
    gone = _diverged(part.of(pruned, "diverged")[seeds])
    ended = (np.arange(densities.shape[1]) > last[:, None]) & ~gone
    partners = matching.partners(part, pruned, settings)
    small, both = (
        matching.of_partners(part, "test_accuracy", partners, extended=late)
        for late in (False, True)
    )
    values = _values(part, pruned, small, both, settings)
    control = mean(small[np.ix_(seeds, rounds)])
    return Evidence(
        pruned,
        part.noise,
        part.density(pruned)[rounds],
        {name: own[np.ix_(seeds, rounds)] for name, own in values.items()},
        ~ended.any(0)[rounds],
        gone.any(0)[rounds],
        _open_end(part, pruned, seeds, last, settings),
        part.measured.resolution,
        control,
        _weak(control, mean(part.start("test_accuracy")[seeds]), chance(part, settings)),
        _lacking(part, pruned, partners, settings),
    )


def _last(densities: Float[ndarray, "seed round"]) -> Int[ndarray, " seed"]:
    """The last round of each seed."""
    there = np.isfinite(densities)
    return there.shape[1] - 1 - there[:, ::-1].argmax(1)


def _diverged(flags: Float[ndarray, "seed round"]) -> Bool[ndarray, "seed round"]:
    """Whether a seed has diverged in a round or before it."""
    return np.logical_or.accumulate(flags > 0, 1)


def _values(
    part: Slice,
    pruned: str,
    small: Float[ndarray, "seed round"],
    both: Float[ndarray, "seed round"],
    settings: Settings,
) -> dict[str, ndarray]:
    """Each measure, [seed, round].

    Args:
      small: the test accuracies of the dense networks of as many weights.
      both: those of the same networks, trained as long.
    """
    test, dense = part.of(pruned, "test_accuracy"), part.start("test_accuracy")[:, None]
    losses = part.of(pruned, "train_loss"), part.start("train_loss")[:, None]
    own, first = (np.log(np.maximum(loss, settings.smallest_loss)) for loss in losses)
    clean = part.start("test_accuracy", without="noisy")[:, None]
    longer = np.where(_as_long(part, pruned, settings), 0, np.nan)
    return {
        "gain": test - dense,
        "beyond_size": test - small,
        "beyond_time": test - part.of(settings.extended, "test_accuracy") + longer,
        "beyond_both": test - both + longer,
        "log_loss": own - first,
        "reduction": (clean - dense) - part.degradation(pruned),
    }


def _weak(
    control: Float[ndarray, " density"], dense: ndarray, guess: float
) -> Bool[ndarray, " density"]:
    """Which controls are weak, by their test accuracy, the dense network's and that of guessing."""
    return control - guess < LEARNS_LITTLE * (dense - guess)


def _as_long(part: Slice, pruned: str, settings: Settings) -> Bool[ndarray, " round"]:
    """In which rounds extended dense training has trained as long as the algorithm: not so
    beside one that trains each of its networks once. What is not recorded is taken to be so."""
    own, extended = (mean(part.of(name, "epochs_trained")) for name in (pruned, settings.extended))
    return ~(np.abs(np.log(own / extended)) > np.log(settings.time_tolerance))


def _open_end(
    part: Slice, pruned: str, seeds: ndarray, last: Int[ndarray, " seed"], settings: Settings
) -> float:
    """The last density, if what lies beyond it might be different; NaN if the range is whole.

    The range is whole if the networks have collapsed in their last rounds: on average those of
    the last round, and each of those that stopped before. Collapsed: their accuracy on the clean
    training examples is at most `collapse_factor` times that of guessing. It is whole, too, if
    fewer weights than classes are left. Networks that diverged are not asked.
    """
    if not len(seeds):
        return float("nan")
    guess = chance(part, settings)
    alive = ~_diverged(part.of(pruned, "diverged")[seeds])[np.arange(len(seeds)), last]
    final = last == last.max()
    accuracy = part.of(pruned, "clean_accuracy")[seeds, last]
    weights = part.of(pruned, "weights_remaining")[seeds, last]
    classes = 1 / guess if guess else 2
    exhausted = weights < classes
    collapsed = accuracy <= settings.collapse_factor * guess
    stopped = alive & ~final
    early = (collapsed | exhausted)[stopped].all()
    there = accuracy[alive & final]
    late = exhausted[alive & final].all()
    late = late or (len(there) > 0 and there.mean() <= settings.collapse_factor * guess)
    return float("nan") if early and late else float(np.nanmin(part.density(pruned)))


def chance(part: Slice, settings: Settings) -> float:
    """The accuracy of guessing; 0 where the data set is not one of the built-in ones."""
    if settings.chance is not None:
        return settings.chance
    name = part.measured.dataset
    return 1 / DATASETS.find(name).spec.num_classes if name in DATASETS.names else 0.0


def _lacking(
    part: Slice, pruned: str, partners: dict[int, str], settings: Settings
) -> dict[int, str]:
    """What the grid lacks for each claim."""
    measured, found = part.measured, {}
    if not measured.scaled(settings):
        found[1] = found[4] = "dense networks of smaller width are missing"
    elif not partners:
        found[1] = found[4] = "no dense network of smaller width has as many weights"
    if settings.extended not in measured.place:
        found[4] = f"{settings.extended} is missing"
    elif not (_as_long(part, pruned, settings) & (part.density(pruned) < 1)).any():
        found[4] = f"{settings.extended} trains for another time than {pruned}"
    if not part.noise:
        found[3] = "there are no noisy examples"
    elif not measured.control(pruned, "noisy"):
        found[3] = f"{pruned} trained without the noisy examples is missing"
    elif np.isnan(part.start("test_accuracy", without="noisy")).all():
        found[3] = "the dense network trained without the noisy examples is missing"
    return found
