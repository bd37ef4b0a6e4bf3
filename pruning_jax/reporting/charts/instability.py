"""Instability to the order of the examples over density."""

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import tabular
from pruning_jax.reporting.chart import Chart, Frame
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.lines import FEW, Quantity, frames
from pruning_jax.reporting.over_seeds import over_seeds

NAME = "explored/instability"

SHOWN = {"test error": "test_error", "training error": "train_error"}


def instability(tables: Tables, facts: Facts) -> Chart:
    """Two rows of frames: the barrier of the test error, and that of the training error."""
    drawn: list[Frame] = []
    for name, measure in SHOWN.items():
        rows = over_seeds(tabular.read(tables, NAME, measure=measure), "barrier")
        quantity = Quantity(f"barrier of the {name}", "points", 100.0, reference=0.0, shared=False)
        drawn += frames(name, rows, quantity, facts)
    return Chart(
        "Instability to the order of the examples",
        "Each round was trained once more from its beginning with the examples in another order. "
        "The figure shows the barrier between the two networks: how far the error rises along the "
        "straight line between them. Without a barrier the order decides nothing. Each point is "
        f"the mean of a round over seeds, with a 95 % interval. {FEW}",
        tuple(drawn),
        "No network was explored.",
        (NAME,),
    )
