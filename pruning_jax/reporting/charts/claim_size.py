"""The curves behind claim 1."""

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting.chart import Chart
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.forest import forest


def claim_size(tables: Tables, facts: Facts) -> Chart:
    """What claim 1 compares, over density."""
    return forest(
        1,
        "Claim 1, size: does pruning do more than make networks smaller?",
        "Pruning is more accurate than the dense network where the first row lies above 0, and "
        "more than its size explains where the second row does, too.",
        "This figure needs an algorithm that prunes and has a test accuracy.",
        tables,
        facts,
    )
