"""Accuracy on the clean and the noisy training examples."""

import math

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import tabular
from pruning_jax.reporting.chart import Chart
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.lines import Quantity, frames
from pruning_jax.reporting.tabular import pick

MEASURES = {
    "clean_accuracy": "examples whose label is true",
    "noisy_accuracy": "noisy examples: memorised",
    "noisy_recovered": "noisy examples: recovered",
}


def memorisation(tables: Tables, facts: Facts) -> Chart:
    """One row of frames for each measure, one column for each noise rate."""
    every = tabular.read(tables, "memorisation")
    known = [row for row in every if not math.isnan(float(row["mean"]))]
    drawn = [
        frame
        for name, title in MEASURES.items()
        for frame in frames(title, pick(known, measure=name), Quantity("accuracy", "%", 100), facts)
    ]
    return Chart(
        "Memorised and recovered labels",
        "The first row shows the accuracy on the training examples whose label is true. The others "
        "show the training examples whose label is wrong: how many of them the network has "
        "memorised (it predicts the wrong label) and how many it has recovered (it predicts the "
        "true label). Each point is a round.",
        tuple(drawn),
        "No round of this run has accuracies on the training examples.",
        ("memorisation",),
    )
