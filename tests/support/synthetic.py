"""Complete tables of rows whose truth is known: for tests of what the analyses conclude."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

WEIGHTS = 100_000
"""Prunable weights of the full network."""


@dataclass(frozen=True)
class Truth:
    """What is planted; the default plants nothing. Numbers, or one for each round.

    Accuracies are fractions; losses are logs. `small` is a width-scaled model, of as many
    weights as the pruned round that it stands beside; `extended` has as many schedules as it.
    """

    seeds: int = 5
    rounds: int = 9  # round 0 included
    rates: tuple[float, ...] = (0.2,)
    widths_at: tuple[int, ...] = (2, 4, 6, 8)
    accuracy: float = 0.85
    gain: dict = field(default_factory=dict)  # test accuracy beyond the dense model's
    log_loss: dict = field(default_factory=dict)  # training loss beside the dense model's
    lost: float = 0.05  # degradation of the dense model
    more_lost: dict = field(default_factory=dict)  # degradation beyond the dense model's
    of_seed: float = 0.01  # standard deviations: shared by all networks of a seed
    luck: float = 0.005  # shared by a network's validation and test
    sampling: float = 0.002  # of validation and test each
    of_log_loss: float = 0.1
    of_cell: float = 0.0  # shared by all rounds of a cell, clean or not: densities go together
    uneven: float = 0.0  # luck of seed s has this factor more to the power s: heteroscedastic
    outliers: float = 0.0  # share of cells whose test accuracy lies 10 lucks off, to either side
    images: int = 0  # test accuracies are multiples of 1 / images; 0: as they come
    collapsed: int = 0  # the last rounds of the pruned networks guess among ten classes
    stopped: bool = False  # networks that collapsed have no further rounds

    def with_(self, **changes):
        """Another truth."""
        return replace(self, **changes)


KINDS = ("pruned", "extended", "small", "small_extended")
"""What an effect can be planted in; the first two have it from round 1 on."""


def algorithms(truth):
    """(name, kind, width's round, control_of, without) of all families."""
    mains = [("extended_dense", "extended", 0, "")]
    names = {k: f"extended_dense_width_{0.8**k:.2f}" for k in truth.widths_at}
    mains += [(names[k], "small", k, "extended_dense") for k in truth.widths_at]
    mains += [("lrr", "pruned", 0, "")]
    return [(*m, "") for m in mains] + [
        (f"{name}_without_noisy", kind, k, name, "noisy") for name, kind, k, _ in mains
    ]


def effect(planted, kind, k, rounds):
    """What is planted in each round of a family."""
    values = np.zeros(rounds)
    if kind == "small":  # round k stands beside the pruned round k, round 0 is the standard one
        values[:] = np.broadcast_to(planted.get("small_extended", 0), rounds)[k]
        values[0] = np.broadcast_to(planted.get("small", 0), rounds)[k]
    else:
        values[1:] = np.broadcast_to(planted.get(kind, 0), rounds)[1:]
    return values


def measures(truth, rng):
    """Arrays [family, seed, round] of what is measured."""
    families = algorithms(truth)
    shape = (len(families), truth.seeds, truth.rounds)
    clean = np.array([f[4] == "noisy" for f in families])[:, None, None]

    def planted(of):
        return np.array([effect(of, f[1], f[2], truth.rounds) for f in families])[:, None]

    accuracy = truth.accuracy + planted(truth.gain)
    accuracy = accuracy + clean * (truth.lost + planted(truth.more_lost))
    accuracy = accuracy + rng.normal(0, truth.of_seed, (truth.seeds, 1))
    luck = truth.luck * (1 + truth.uneven) ** np.arange(truth.seeds)[:, None]
    accuracy = accuracy + rng.normal(0, 1, shape) * luck
    if truth.of_cell:
        accuracy = accuracy + rng.normal(0, truth.of_cell, (*shape[:2], 1))
    if truth.outliers:
        odd = (rng.random(shape) < truth.outliers) * rng.choice([-10, 10], shape)
        accuracy = accuracy + odd * truth.luck
    found = {
        name: accuracy + rng.normal(0, truth.sampling, shape)
        for name in ("validation_accuracy", "test_accuracy")
    }
    found["train_loss"] = np.exp(
        -3 + planted(truth.log_loss) + rng.normal(0, truth.of_log_loss, shape)
    )
    found["clean_accuracy"] = np.full(shape, 0.99)
    if truth.collapsed:
        _collapse(truth, found, [f[1] == "pruned" for f in families], rng)
    if truth.images:
        found["test_accuracy"] = np.round(found["test_accuracy"] * truth.images) / truth.images
    sharing = [f[2:3] + f[4:5] for f in families]  # width and examples
    first = [sharing.index(own) for own in sharing]
    for values in found.values():
        values[:, :, 0] = values[first, :, 0]
    return found


def _collapse(truth, found, pruned, rng):
    """The last rounds of the pruned networks guess, whatever they are trained on."""
    last = np.arange(truth.rounds) >= truth.rounds - truth.collapsed
    where = np.array(pruned)[:, None, None] & last
    for name, value in (("train_loss", np.log(10)), ("clean_accuracy", 0.1)):
        found[name] = np.where(where, value, found[name])
    for name in ("validation_accuracy", "test_accuracy"):
        guesses = rng.normal(0.1, truth.luck + truth.sampling, found[name].shape)
        found[name] = np.where(where, guesses, found[name])


def rows(truth, seed=0):
    """The table of a finished grid."""
    rng = np.random.default_rng(seed)
    families = algorithms(truth)
    shape = (len(families), truth.seeds, truth.rounds)
    family, seeds, rounds = (index.ravel() for index in np.indices(shape))
    text = {
        "algorithm": np.array([f[0] for f in families], object)[family],
        "control_of": np.array([f[3] for f in families], object)[family],
        "without": np.array([f[4] for f in families], object)[family],
    }
    size = np.array([0.8 ** f[2] for f in families])[family]
    pruned = np.array([f[1] == "pruned" for f in families])[family]
    density = np.where(pruned, 0.8**rounds, 1.0)
    parts = []
    for rate in truth.rates:
        numbers = {name: v.ravel() for name, v in measures(truth, rng).items()}
        numbers["validation_noisy_accuracy"] = numbers["validation_accuracy"] * (1 - rate)
        numbers |= dict.fromkeys(("noisy_accuracy", "noisy_recovered"), 0.5)
        shared = {"dataset": "digits", "noise_rate": rate, "seed": seeds, "round": rounds}
        shared["diverged"] = False
        sizes = {
            "weights_total": np.round(WEIGHTS * size).astype(int),
            "weights_remaining": np.round(WEIGHTS * size * density).astype(int),
            "density": density,
            "width": np.round(size, 2),
            "control_round": 0,
            "epochs_trained": 10.0 * (rounds + 1),
            "distance": 1.0 + rounds,
        }
        parts.append(pd.DataFrame({**text, **shared, **sizes, **numbers}))
    table = pd.concat(parts) if len(parts) > 1 else parts[0]
    if truth.stopped:
        late = table["round"] > truth.rounds - truth.collapsed
        table = table[~(late & table["algorithm"].str.startswith("lrr"))]
    return table[~((table["noise_rate"] == 0) & (table["without"] == "noisy"))]


PAPER = Truth(
    rates=(0.0, 0.2),
    luck=0.003,
    gain={"pruned": [0, 0, 0.005, 0.01, 0.03, 0.02, 0, -0.02, -0.04], "small_extended": 0.03},
    log_loss={"pruned": [0, -1, -2, -2, -1, 0, 0.5, 1, 2], "extended": -1, "small_extended": -1},
    more_lost={"pruned": -0.03, "small": -0.02, "small_extended": -0.03},
)
"""All four claims hold, by effects as large as the paper's or the digits'."""
