"""Test accuracy over density: the figure that a run draws when it ends."""

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import tabular
from pruning_jax.reporting.chart import Chart
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.lines import ACCURACY, FEW, frames, with_dense


def accuracy(tables: Tables, facts: Facts) -> Chart:
    """One frame for each noise rate, with one line for each algorithm."""
    rows = tabular.read(tables, "curves", measure="test_accuracy")
    return Chart(
        "Test accuracy",
        "Each point is the mean test accuracy over seeds; the band is its 95 % interval. "
        f"{FEW} The thin line is the dense network.",
        tuple(with_dense(frames("", rows, ACCURACY, facts), rows, ACCURACY)),
        "No round of this run has a test accuracy.",
        ("curves",),
    )
