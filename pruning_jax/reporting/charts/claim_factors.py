"""The curves behind claim 4."""

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting.chart import Chart
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.forest import forest


def claim_factors(tables: Tables, facts: Facts) -> Chart:
    """What claim 4 compares, over density."""
    return forest(
        4,
        "Claim 4, factors: do longer training and smaller size together explain the gain?",
        "The first row is what is to be explained. Longer training alone, or smaller size alone, "
        "explains what it leaves at 0; both together should leave nothing in the last row.",
        "This figure needs an algorithm that prunes and has a test accuracy.",
        tables,
        facts,
    )
