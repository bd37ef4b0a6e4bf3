"""The test accuracy that noisy examples cost."""

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import tabular
from pruning_jax.reporting.chart import Chart
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.lines import FEW, POINTS, frames


def degradation(tables: Tables, facts: Facts) -> Chart:
    """One frame for each noise rate above 0, in percentage points."""
    return Chart(
        "Accuracy degradation due to noisy examples",
        "Each point is the test accuracy of an algorithm when it is trained without the noisy "
        "examples, minus its test accuracy when it is trained with them, in percentage points. The "
        "lower it is, the less harm the noisy examples do. The band is the 95 % interval of the "
        f"mean over seeds. {FEW}",
        tuple(frames("", tabular.read(tables, "degradation"), POINTS, facts)),
        "This figure needs a noise rate above 0 and networks that are trained without the noisy "
        "examples (config.controls.without_noisy).",
        ("degradation",),
    )
