"""Accuracy on the clean and the noisy training examples."""

import math

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import axes, tabular
from pruning_jax.reporting.chart import Chart
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.lines import FEW, Quantity, frames
from pruning_jax.reporting.tabular import pick

MEASURES = {
    "clean_accuracy": "true labels fitted",
    "noisy_accuracy": "wrong labels memorised",
    "noisy_recovered": "true labels recovered",
}

SHARE = Quantity("share of examples", "%", 100.0, axis=axes.percentage)


def memorisation(tables: Tables, facts: Facts) -> Chart:
    """One row of frames for each measure, one column for each noise rate."""
    every = tabular.read(tables, "memorisation")
    known = [row for row in every if not math.isnan(float(row["mean"]))]
    drawn = [
        frame
        for name, title in MEASURES.items()
        for frame in frames(title, pick(known, measure=name), SHARE, facts)
    ]
    return Chart(
        "Memorised and recovered labels",
        "The first row is about the training examples whose label is true: for how many of them "
        "the network predicts it. The others are about those whose label is wrong: for how many "
        "the network has memorised the wrong label (it predicts this one) and for how many it has "
        "recovered the true label (it predicts that one, which it was never shown). Each point is "
        f"the mean of a round over seeds; the band is its 95 % interval. {FEW}",
        tuple(drawn),
        "No round of this run has accuracies on the training examples.",
        ("memorisation",),
    )
