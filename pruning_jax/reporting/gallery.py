"""The figures of a report, in the order of the page."""

from collections.abc import Callable

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting.chart import Chart
from pruning_jax.reporting.charts.augmented import augmented
from pruning_jax.reporting.charts.claim_factors import claim_factors
from pruning_jax.reporting.charts.claim_noise import claim_noise
from pruning_jax.reporting.charts.claim_size import claim_size
from pruning_jax.reporting.charts.claim_training import claim_training
from pruning_jax.reporting.charts.connectivity import connectivity
from pruning_jax.reporting.charts.cost import cost
from pruning_jax.reporting.charts.degradation import degradation
from pruning_jax.reporting.charts.descent import descent
from pruning_jax.reporting.charts.distance import distance
from pruning_jax.reporting.charts.function import function
from pruning_jax.reporting.charts.instability import instability
from pruning_jax.reporting.charts.masks import masks
from pruning_jax.reporting.charts.memorisation import memorisation
from pruning_jax.reporting.charts.multiverse import multiverse
from pruning_jax.reporting.charts.overlap import overlap
from pruning_jax.reporting.charts.sharpness import sharpness
from pruning_jax.reporting.charts.subgroups import subgroups
from pruning_jax.reporting.charts.test_error import test_error
from pruning_jax.reporting.charts.tie import tie
from pruning_jax.reporting.charts.training_loss import training_loss
from pruning_jax.reporting.charts.two_factors import two_factors
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.tabular import NotComputed
from pruning_jax.workdir.attempt import attempt

Maker = Callable[[Tables, Facts], Chart]

GALLERY: tuple[Maker, ...] = (
    claim_size,
    claim_training,
    claim_noise,
    claim_factors,
    test_error,
    training_loss,
    degradation,
    subgroups,
    memorisation,
    two_factors,
    tie,
    augmented,
    descent,
)

EXPLORED: tuple[Maker, ...] = (
    connectivity,
    cost,
    distance,
    function,
    instability,
    masks,
    multiverse,
    overlap,
    sharpness,
)
"""The figures of explorations, which have their names."""


def charts(tables: Tables, facts: Facts, problems: list[str]) -> dict[str, Chart]:
    """Every chart under the name of its function, which its files have too.

    Those of explorations are only made where somebody has explored.
    A chart that cannot be made has no frames and says why; `problems` gets a line for it.
    """
    made = [make for make in EXPLORED if f"explored/{make.__name__}" in tables]
    return {make.__name__: _chart(make, tables, facts, problems) for make in (*GALLERY, *made)}


def _chart(make: Maker, tables: Tables, facts: Facts, problems: list[str]) -> Chart:
    title = make.__name__.replace("_", " ").capitalize()

    def chart() -> Chart:
        try:
            return make(tables, facts)
        except NotComputed as error:  # the table has its line in `problems` already
            return Chart(title, "", (), str(error))

    made = attempt(chart, f"the figure {make.__name__}", problems)
    return made or Chart(title, "", (), f"{problems[-1]}.")
