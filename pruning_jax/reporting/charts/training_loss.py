"""Training loss relative to the dense network."""

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import tabular
from pruning_jax.reporting.chart import Chart
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.lines import FEW, RATIO, frames


def training_loss(tables: Tables, facts: Facts) -> Chart:
    """One frame for each noise rate; ratios are on a logarithmic axis."""
    return Chart(
        "Training loss relative to the dense network",
        "Each point is the training loss divided by that of the dense network with the same seed: "
        "the geometric mean over seeds with its 95 % interval. Below the line, a network fits its "
        f"training examples better than the dense network does. {FEW}",
        tuple(frames("", tabular.read(tables, "relative_loss"), RATIO, facts)),
        "No round of this run has a training loss.",
        ("relative_loss",),
    )
