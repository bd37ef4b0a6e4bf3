"""Operations and bytes over density: of the weights that remain, on a path, and compact."""

import math

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import axes, tabular
from pruning_jax.reporting.chart import Chart, Frame
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.lines import FEW, Quantity, frames
from pruning_jax.reporting.over_seeds import over_seeds
from pruning_jax.reporting.tabular import Record

KINDS = {
    "flops": "operations: weights that remain",
    "effective_flops": "operations: weights on a path",
    "compact_flops": "operations: compact network",
    "compact_bytes": "memory of weights: compact network",
}
"""What is shown, with the titles of the rows of frames."""


def cost(tables: Tables, facts: Facts) -> Chart:
    """Four rows of frames: operations of three kinds of networks, and memory of one."""
    whole = tabular.read(tables, "explored/cost", layer="")
    return Chart(
        "What networks cost",
        "The operations for one image and the memory of weights, as a part of those of the dense "
        "network. The first row counts all weights that remain, the second those on a path from an "
        "input to an output: no ordinary hardware saves these operations, because it multiplies by "
        "zeros as well. The others count the compact network, which is dense and lacks the units "
        "that no path goes through: any hardware saves these. Each point is the mean over seeds of "
        f"a round, with a 95 % interval. {FEW}",
        tuple(
            frame
            for column, title in KINDS.items()
            for frame in _frames(title, column, whole, facts)
        ),
        "No network was explored.",
        ("explored/cost",),
    )


def _frames(title: str, column: str, whole: list[Record], facts: Facts) -> list[Frame]:
    """The frames of a column, relative to the dense network."""
    dense = f"dense_{column.rpartition('_')[2]}"
    rows: list[Record] = [
        {**row, "part": float(row[column]) / float(row[dense])}
        for row in whole
        if not math.isnan(float(row[column]))
    ]
    quantity = Quantity("part of the dense", "%", 100.0, axis=axes.logarithmic)
    means = [row for row in over_seeds(rows, "part") if float(row["mean"]) > 0]
    return frames(title, means, quantity, facts)  # a logarithmic axis has no 0
