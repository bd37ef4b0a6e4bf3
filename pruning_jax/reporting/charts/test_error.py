"""Test error over density."""

from collections.abc import Callable
from dataclasses import replace

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import tabular
from pruning_jax.reporting.chart import Chart, Series
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.lines import ERROR, FEW, frames, line, with_dense
from pruning_jax.reporting.tabular import pick


def test_error(tables: Tables, facts: Facts) -> Chart:
    """One frame for each noise rate; dense networks with fewer units stand among the others."""
    rows = tabular.read(tables, "curves", measure="test_accuracy")
    drawn = frames("", rows, ERROR, facts, narrower(tables, facts))
    return Chart(
        "Test error",
        "Test error is 100 % minus test accuracy, so that a peak of accuracy is a valley here. The "
        "axis is logarithmic unless all errors are within a factor of 2. Each point is the mean "
        "over seeds; the band is its 95 % interval, which is cut off where it would leave the "
        f"frame. {FEW} The thin line is the dense network. A dense network "
        "with fewer units stands at the density at which a pruned network has as many weights; "
        "where it hardly learns, it says little that a pruned network beats it (claim 1). An "
        "algorithm that keeps all weights stands at the density that pruning has reached after as "
        "much training.",
        tuple(with_dense(drawn, rows, ERROR)),
        "No round of this run has a test accuracy.",
        ("curves", "augmented"),
    )


def narrower(tables: Tables, facts: Facts) -> Callable[[float], list[Series]]:
    """A function from a noise rate to the line of the dense networks of several widths.

    They are trained for one schedule. There is no line where they were not asked for.
    """
    known = "augmented" in tables and facts.weights
    rows = tabular.read(tables, "augmented", round=0) if known else []
    total = facts.weights or 1.0

    def at(rate: float) -> list[Series]:
        part = [
            {
                **{name: row[name] for name in ("low", "high", "replicates")},
                "mean": row["test_accuracy"],
                "density": float(row["weights_total"]) / total,
                "words": f"width {row['width']:.3g}",
            }
            for row in pick(rows, noise_rate=rate)
        ]
        if len(part) < 2:
            return []
        looks = replace(facts.style(""), hollow=True)
        return [replace(line(part, ERROR, facts, ""), name="dense, fewer units", style=looks)]

    return at
