"""Double descent of the test error, with the distance from initialisation below it."""

import math
from dataclasses import replace

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import tabular
from pruning_jax.reporting.chart import Chart, Series
from pruning_jax.reporting.facts import Facts, note
from pruning_jax.reporting.lines import ERROR, FEW, Quantity, frames
from pruning_jax.reporting.tabular import Record, grouped, pick

PEAK, VALLEY = 3, 4
"""The markers of features: triangles that point up and down."""


def descent(tables: Tables, facts: Facts) -> Chart:
    """Two rows of frames: test error with its peaks and valleys, and distance."""
    places = tabular.read(tables, "descent")

    def features(rate: float) -> list[Series]:
        groups = grouped(pick(places, noise_rate=rate), "algorithm", "feature")
        return [
            feature(rows, facts, str(algorithm), str(name))
            for (algorithm, name), rows in groups.items()
            if algorithm in facts.algorithms
        ]

    accuracy = tabular.read(tables, "curves", measure="test_accuracy")
    moved = tabular.read(tables, "curves", measure="distance")
    moved = [row for row in moved if not math.isnan(float(row["mean"]))]
    distance = "distance of the weights from initialisation"
    return Chart(
        "Double descent and the distance from initialisation",
        "The first row shows the test error at all densities, which is 100 % minus the test "
        "accuracy: a peak of the error is a valley of the accuracy. Where it rises to a peak and "
        "falls again, a hollow triangle that points up marks the peak and one that points down the "
        "valley after it, with the intervals of their density and of their test error. The second "
        f"row shows how far the weights that remain have moved from their first values. {FEW}",
        (
            *frames("test error", accuracy, ERROR, facts, features),
            *frames(distance, moved, Quantity("L2 distance"), facts),
        ),
        "No round of this run has a test accuracy.",
        ("descent", "curves"),
    )


def feature(rows: list[Record], facts: Facts, algorithm: str, name: str) -> Series:
    """The peak or the valley of an algorithm."""
    style = replace(
        facts.style(algorithm),
        marker=PEAK if name == "peak" else VALLEY,
        line=False,
        band=False,
        hollow=True,
    )
    y, low, high = (
        tuple(100 * float(row[f"test_error{end}"]) for row in rows) for end in ("", "_low", "_high")
    )
    x, x_low, x_high = (
        tuple(float(row[f"density{end}"]) for row in rows) for end in ("", "_low", "_high")
    )
    notes = tuple(
        f"{ERROR.say(*values)}\n{note(float(row['density']), facts, row)}"
        for row, *values in zip(rows, y, low, high, strict=True)
    )
    return Series(f"{name}: {algorithm}", style, x, y, low, high, notes, algorithm, x_low, x_high)
