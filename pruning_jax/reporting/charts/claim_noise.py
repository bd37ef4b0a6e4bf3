"""The curves behind claim 3."""

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting.chart import Chart
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.forest import forest


def claim_noise(tables: Tables, facts: Facts) -> Chart:
    """What claim 3 compares, over density."""
    return forest(
        3,
        "Claim 3, noise: do pruned networks suffer less from wrong labels?",
        "Noisy examples harm the pruned network less where the first row lies above 0; that is a "
        "gain only where the second row does, too, because a network that has collapsed has "
        "nothing to lose.",
        "This figure needs an algorithm that prunes and has a test accuracy.",
        tables,
        facts,
    )
