"""Barriers between networks over density."""

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import tabular
from pruning_jax.reporting.chart import Chart
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.lines import FEW, Quantity, frames
from pruning_jax.reporting.over_seeds import over_seeds
from pruning_jax.reporting.pairs import of_algorithms, of_seeds
from pruning_jax.reporting.tabular import Record, pick

NAME = "explored/connectivity"

BARRIER = Quantity("barrier of the test error", "points", 100.0, reference=0.0, shared=False)


def connectivity(tables: Tables, facts: Facts) -> Chart:
    """A row of frames for each of the things that two networks may differ in."""
    every = tabular.read(tables, NAME, measure="test_error")
    rounds: list[Record] = [  # each stands where the later one of its networks does
        {**row, "round": row["other_round"], "density": row["other_density"]}
        for row in pick(every, differs="round")
    ]
    seeds = pick(every, differs="seed")
    algorithms: list[Record] = [  # dense networks have one density in all rounds
        {**row, "density": min(float(row["density"]), float(row["other_density"]))}
        for row in pick(every, differs="algorithm")
    ]
    return Chart(
        "Barriers between networks",
        "The barrier is how far the test error rises along the straight line between two networks, "
        "above the straight line between their errors. The first row is about each round and the "
        "one before it, the second about two seeds, the third about two algorithms with one seed, "
        "at the density of the sparser network. "
        "Without a barrier two networks lie in one basin. Each point is the mean over seeds, or "
        f"over pairs of seeds, with a 95 % interval. {FEW}",
        (
            *frames("two rounds", over_seeds(rounds, "barrier"), BARRIER, facts),
            *frames("two seeds", of_seeds(seeds, "barrier"), BARRIER, facts),
            *of_algorithms("two algorithms", algorithms, "barrier", BARRIER, facts),
        ),
        "No pair of networks was explored.",
        (NAME,),
    )
