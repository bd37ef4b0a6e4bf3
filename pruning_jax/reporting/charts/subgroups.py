"""Training loss of groups of examples by difficulty, relative to the dense network."""

import math

import numpy as np

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import axes, tabular
from pruning_jax.reporting.chart import DIVERGING, Chart, ColourScale, Frame, Heat
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.tabular import Record, pick
from pruning_jax.wording import density, noise

MOST = math.log(100)
"""A log ratio of losses: beyond it all have the last colour, or one outlier would pale the rest."""


def subgroups(tables: Tables, facts: Facts) -> Chart:
    """One row of heat maps for each algorithm, one column for each noise rate."""
    every = tabular.read(tables, "subgroups", flag="all")
    rows = [row for row in every if math.isfinite(float(row["relative_loss"]))]
    sizes = [abs(float(row["relative_loss"])) for row in rows]
    limit = min(max(float(np.quantile(sizes, 0.95)), math.log(1.5)), MOST) if sizes else MOST
    times = f"{math.exp(limit):.3g} times"
    ticks = ((0.0, f"{times} lower"), (0.5, "equal"), (1.0, f"{times} higher"))
    drawn = [
        _frame(part, facts, name, rate, limit)
        for name in facts.algorithms
        for rate in facts.rates
        if (part := pick(rows, algorithm=name, noise_rate=rate))
    ]
    return Chart(
        "Training loss of EL2N subgroups relative to the dense network",
        "The training examples are divided into groups of equal size by their EL2N score, which "
        "measures how hard they are; the hardest are at the top. Blue: the training loss of a "
        "group is lower than in the dense network. Yellow: it is higher. The black line lies where "
        "both are equal.",
        tuple(drawn),
        "This figure needs the losses of single examples, in the files examples.npz of the cells.",
        ("subgroups",),
        ColourScale("training loss compared with the dense network", DIVERGING, ticks),
    )


def _frame(rows: list[Record], facts: Facts, name: str, rate: float, limit: float) -> Frame:
    cells = {(int(row["group"]), int(row["round"])): row for row in rows}
    groups, rounds = (sorted({place[i] for place in cells}) for i in (0, 1))
    densities = {int(row["round"]): float(row["density"]) for row in rows}
    places = {r: facts.position(name, r, densities[r]) for r in rounds}
    values = tuple(
        tuple(float(cells[g, r]["relative_loss"]) if (g, r) in cells else math.nan for r in rounds)
        for g in groups
    )
    notes = tuple(
        tuple(_note(cells[g, r], places[r], facts) if (g, r) in cells else "" for r in rounds)
        for g in groups
    )
    heat = Heat(values, notes, -limit, limit, DIVERGING, level=0.0)
    ticks = [axes.density_tick(place, facts.weights) for place in places.values()]
    x = axes.categories(axes.density_title(facts.weights), ticks, 5)
    y = axes.categories("EL2N group", map(str, groups), 6)
    return Frame(facts.label(name), noise(rate), x, y, heat=heat, noise_rate=rate, algorithm=name)


def _note(row: Record, place: float, facts: Facts) -> str:
    times = math.exp(float(row["relative_loss"]))
    return (
        f"EL2N group {row['group']}, round {row['round']}\n"
        f"density {density(place, facts.weights)}\n"
        f"training loss {row['loss']:.3g}, {times:.3g} times that of the dense network"
    )
