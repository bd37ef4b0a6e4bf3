"""The sharpness of the training loss over density."""

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import axes, tabular
from pruning_jax.reporting.chart import Chart
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.lines import Quantity, frames
from pruning_jax.reporting.over_seeds import over_seeds

NAME = "explored/sharpness"


def sharpness(tables: Tables, facts: Facts) -> Chart:
    """Three rows of frames: the largest eigenvalue, the trace, and the relative trace."""
    shown = {
        "largest eigenvalue": {"measure": "eigenvalue", "place": 1.0, "relative": False},
        "trace": {"measure": "trace", "relative": False},
        "relative trace": {"measure": "trace", "relative": True},
    }
    drawn = []
    for name, which in shown.items():
        rows = over_seeds(tabular.read(tables, NAME, **which), "value", log=True)
        drawn += frames(name, rows, Quantity(name, axis=axes.logarithmic), facts)
    return Chart(
        "Sharpness of the training loss",
        "The largest eigenvalue and the trace of the Hessian of the training loss over the weights "
        "that remain, and the trace of the Hessian in which each weight is measured by its own "
        "size, which no rescaling of units changes. The lower, the flatter. Each point is the "
        "geometric mean of a round over seeds.",
        tuple(drawn),
        "No network was explored.",
        (NAME,),
    )
