"""All charts of a run, in the order of the page."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from pruning_jax.analysis.attempt import attempt
from pruning_jax.charts import Chart, curves, factors, heatmaps
from pruning_jax.charts.facts import Facts
from pruning_jax.charts.lines import Tables

CONTROLS = "it needs the networks trained without noisy examples (config.controls.without_noisy)"
WIDTHS = "extended_dense and its narrower versions (config.controls.width_rounds)"


class Kind(NamedTuple):
    """How a chart is made."""

    title: str
    make: Callable[[Tables, Facts], Chart]
    table: str  # that holds its data
    need: str  # what is lacking if it comes out empty


KINDS = (
    Kind("Test error", curves.test_error, "curves", "no round has a test accuracy"),
    Kind("Training loss", curves.training_loss, "relative_loss", "no round has a training loss"),
    Kind("Degradation", curves.degradation, "degradation", f"{CONTROLS} at a noise rate above 0"),
    Kind("EL2N subgroups", heatmaps.subgroups, "subgroups", "it needs examples.npz of the cells"),
    Kind(
        "Memorisation",
        curves.memorisation,
        "memorisation",
        "no round has accuracies on training examples",
    ),
    Kind("Two factors", factors.two_factors, "two_factors", f"it needs pruning, {WIDTHS}"),
    Kind(
        "Top-improved examples",
        factors.tie,
        "tie",
        "it needs the networks trained without them (config.controls.tie_rounds)",
    ),
    Kind("Augmented training", heatmaps.augmented, "augmented", f"it needs {WIDTHS}"),
    Kind("Double descent", curves.descent, "descent", "no round has a test accuracy"),
)


def charts(tables: Tables, facts: Facts, problems: list[str]) -> list[Chart]:
    """Every chart; one without data says why. `problems` gets a line for each that fails."""
    return [_chart(kind, tables, facts, problems) for kind in KINDS]


def _chart(kind: Kind, tables: Tables, facts: Facts, problems: list[str]) -> Chart:
    name = kind.make.__name__
    empty = Chart(name, kind.title, "")
    if kind.table not in tables:
        return replace(empty, missing=f"The table {kind.table} could not be computed.")
    lost: list[str] = []
    chart = attempt(lambda: kind.make(tables, facts), f"figure {name}", lost)
    problems += lost
    if chart is None:
        return replace(empty, missing=f"{lost[0]}.")
    return (
        chart if chart.panels else replace(chart, missing=f"There is nothing to show: {kind.need}.")
    )
