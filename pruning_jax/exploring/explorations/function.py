"""Function space: how far what a network computes is from the dense network, and how sure it is."""

import functools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pruning_jax.analysis.subgroups import groups, score
from pruning_jax.exploring import calibration, outputs
from pruning_jax.exploring.bench import Bench
from pruning_jax.exploring.exploration import Exploration, Settings, each
from pruning_jax.workdir.columns import FRACTION, NATS, NUMBER, TEXT, WHOLE, Column, Row
from pruning_jax.workdir.explored import Network, Unit

NO_GROUP = -1
"""The group in a row that is about none of the groups by EL2N."""


class Part(NamedTuple):
    """Some examples."""

    examples: str  # their name
    group: int
    places: np.ndarray  # int [n], where they stand among all images
    labels: np.ndarray  # int [n]: the given ones of training examples, the true ones of test ones


def parts(bench: Bench, network: Network, count: int) -> Iterator[Part]:
    """The test examples; all training examples, the clean ones, the noisy ones, and `count` groups
    of equal size by EL2N."""
    own, division = bench.run.examples(network.cell), bench.division
    every = np.arange(len(division.labels))
    yield Part("test", NO_GROUP, every[division.test], own["test_label"])
    noisy, group = own["is_noisy"], groups(score(own), count)
    chosen = [("train", NO_GROUP, noisy | True), ("clean", NO_GROUP, ~noisy)]
    chosen += [("noisy", NO_GROUP, noisy)]
    chosen += [("el2n", place, group == place) for place in range(count)]
    for name, place, wanted in chosen:
        if wanted.any():
            yield Part(name, place, every[division.train][wanted], own["label"][wanted])


def look(bench: Bench, unit: Unit, settings: Settings) -> list[Row]:
    """A row for each part of the examples."""
    (network,) = unit
    own = calibration.log_probabilities(outputs.logits(bench, network))
    dense = calibration.log_probabilities(outputs.of_dense(bench, network))
    bins, count = int(settings["bins"]), int(settings["groups"])
    row = functools.partial(_row, own, dense, bins)
    return [row(part) for part in parts(bench, network, count)]


def _row(own: np.ndarray, dense: np.ndarray, bins: int, part: Part) -> Row:
    """What the log-probabilities of a network and of its dense one say of some examples."""
    log_p, log_q = own[part.places], dense[part.places]
    p, q = np.exp(log_p), np.exp(log_q)
    says, said = log_p.argmax(-1), log_q.argmax(-1)
    right, was_right = says == part.labels, said == part.labels
    return {
        "examples": part.examples,
        "group": part.group,
        "count": len(part.labels),
        "accuracy": float(right.mean()),
        "agreement": float((says == said).mean()),
        "corrected": float((right & ~was_right).mean()),
        "broken": float((~right & was_right).mean()),
        "variation": calibration.total_variation(p, q),
        "confidence": float(p.max(-1).mean()),
        "ece": calibration.expected_calibration_error(p.max(-1), right, bins),
        "nll": calibration.negative_log_likelihood(log_p, part.labels),
        "brier": calibration.brier(p, part.labels),
    }


# Columns are laid out by hand because one in two lines is easier to read than one in six.
# fmt: off
EXPLORATION = Exploration(
    what="agreement with the dense network, on which examples, and calibration",
    units=each,
    look=look,
    columns=(
        Column("examples", TEXT, "",
               "Which examples: `test`, all of `train`, those of them that are `clean` or `noisy`, "
               "or a group of them by `el2n`."),
        Column("group", WHOLE, "",
               "The group by EL2N, from 0, the easiest; -1 in rows about no group."),
        Column("count", WHOLE, "examples", "How many examples that are."),
        Column("accuracy", NUMBER, FRACTION,
               "The accuracy, against true labels on test examples and against given ones on "
               "training examples."),
        Column("agreement", NUMBER, FRACTION,
               "For which part of the examples the class is predicted that the dense network, of "
               "round 0 of the cell, predicts. 1 - agreement is the churn."),
        Column("corrected", NUMBER, FRACTION,
               "For which part the dense network is wrong and this one is right."),
        Column("broken", NUMBER, FRACTION,
               "For which part the dense network is right and this one is wrong."),
        Column("variation", NUMBER, "",
               "The mean total variation distance of the probabilities from those of the dense "
               "network, from 0 to 1."),
        Column("confidence", NUMBER, FRACTION, "The mean probability of the predicted class."),
        Column("ece", NUMBER, FRACTION, "The expected calibration error."),
        Column("nll", NUMBER, NATS, "The mean negative log-likelihood of the labels."),
        Column("brier", NUMBER, "", "The mean Brier score, from 0 to 2."),
    ),
    settings={"bins": 15, "groups": 20},
)
# fmt: on
