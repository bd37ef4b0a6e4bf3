"""Weights that do something, and dead units, over density."""

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import axes, tabular
from pruning_jax.reporting.chart import Chart
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.lines import FEW, Quantity, frames
from pruning_jax.reporting.over_seeds import over_seeds
from pruning_jax.reporting.tabular import Record

EFFECTIVE = Quantity("weights on a path", "%", 100.0, axis=axes.log_percentage)
DEAD = Quantity("dead units", "%", 100.0, axis=axes.percentage)


def masks(tables: Tables, facts: Facts) -> Chart:
    """Two rows of frames: the effective density, and the share of units that are dead."""
    whole = tabular.read(tables, "explored/masks", layer="")
    rows: list[Record] = [
        {**row, "dead": float(row["dead_units"]) / float(row["units"])} for row in whole
    ]
    return Chart(
        "Weights on a path, and dead units",
        "A weight does something only if it lies on a path of remaining weights from an input to "
        "an output. The first row shows which share of all weights does, the second which share of "
        "the units no path goes through. Each point is the mean of a round over seeds, with "
        f"a 95 % interval. {FEW}",
        (
            *frames("weights on a path", over_seeds(rows, "effective_density"), EFFECTIVE, facts),
            *frames("dead units", over_seeds(rows, "dead"), DEAD, facts),
        ),
        "No network was explored.",
        ("explored/masks",),
    )
