"""The curves behind claim 2."""

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting.chart import Chart
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.forest import forest


def claim_training(tables: Tables, facts: Facts) -> Chart:
    """What claim 2 compares, over density."""
    return forest(
        2,
        "Claim 2, training: do pruned networks fit their training data better?",
        "The training loss of the pruned network is lower than that of the dense one where the "
        "logarithm of their ratio lies below 0.",
        "This figure needs an algorithm that prunes and has a training loss.",
        tables,
        facts,
    )
