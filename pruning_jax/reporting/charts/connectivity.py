"""Barriers between networks over density."""

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import tabular
from pruning_jax.reporting.chart import Chart, Frame
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.lines import Quantity, frames
from pruning_jax.reporting.over_seeds import over_seeds
from pruning_jax.reporting.tabular import Record, pick

NAME = "explored/connectivity"

BARRIER = Quantity("barrier of the test error", "points", 100.0, reference=0.0, shared=False)


def connectivity(tables: Tables, facts: Facts) -> Chart:
    """A row of frames for each of the things that two networks may differ in."""
    # A pair stands where its second network does: that of the later round, or the other algorithm.
    pairs: list[Record] = [
        {**row, **{name: row[f"other_{name}"] for name in ("algorithm", "round", "density")}}
        for row in tabular.read(tables, NAME, measure="test_error")
    ]
    drawn: list[Frame] = []
    for between in ("rounds", "seeds", "algorithms"):
        rows = pick(pairs, between=between)
        drawn += frames(f"between {between}", over_seeds(rows, "barrier"), BARRIER, facts)
    return Chart(
        "Barriers between networks",
        "The barrier is how far the test error rises along the straight line between two networks, "
        "above the straight line between their errors. The first row is about a network and the "
        "one of the round before it, the second about networks of two seeds, the third about an "
        "algorithm and the first one, with the same seed. Without a barrier two networks lie in "
        "one basin. Each point is the mean over pairs.",
        tuple(drawn),
        "No pair of networks was explored.",
        (NAME,),
    )
