"""Distance from initialisation as an explanation of double descent: its rank correlation with the
test error over the rounds of a cell."""

import math

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from pruning_jax.experiment.cells import Cell
from pruning_jax.exploring.bench import Bench
from pruning_jax.exploring.exploration import Choice, Exploration, Settings, networks
from pruning_jax.workdir.collect import Run
from pruning_jax.workdir.columns import NUMBER, TEXT, WHOLE, Column, Row
from pruning_jax.workdir.explored import Network, Unit

FEWEST = 4
"""Rounds, below which a rank correlation says nothing."""


def units(run: Run, choice: Choice) -> list[Unit]:
    """The whole run, whatever is chosen: each cell is looked at over all of its rounds."""
    return [()]


def look(bench: Bench, unit: Unit, settings: Settings) -> list[Row]:
    """Two rows for each cell of an algorithm that is no control, if it has rounds enough."""
    columns = ("test_accuracy", "distance")
    values = (bench.run.rows[name].tolist() for name in (*Network._fields, *columns))
    known = {
        Network(*own): (1 - accuracy, far) for *own, accuracy, far in zip(*values, strict=True)
    }
    cells: dict[Cell, list[Network]] = {}
    for network in networks(bench.run, Choice()):
        cells.setdefault(network.cell, []).append(network)
    made: list[Row] = []
    for cell, every in cells.items():
        error, distance = np.array([known[n] for n in sorted(every, key=lambda n: n.round)]).T
        if len(every) < FEWEST:
            continue
        for over, x, y in (
            ("rounds", distance, error),
            ("changes", np.diff(distance), np.diff(error)),
        ):
            found = {"over": over, "points": len(x), "correlation": spearman(x, y)}
            made.append({**cell._asdict(), **found})
    return made


def spearman(x: Float[ndarray, " n"], y: Float[ndarray, " n"]) -> float:
    """Spearman's rank correlation (1904); ties have their mean rank. NaN if one is constant.

    >>> round(spearman(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 3.0, 2.0, 4.0])), 3)
    0.8
    """
    from scipy import stats  # here: it takes a second to load

    ranks = [stats.rankdata(values) for values in (x, y)]
    if any(np.ptp(own) == 0 for own in ranks):
        return math.nan
    return float(np.corrcoef(*ranks)[0, 1])


EXPLORATION = Exploration(
    what="the rank correlation of the distance from initialisation with the test error",
    units=units,
    look=look,
    columns=(
        Column("algorithm", TEXT, "", "The algorithm of the cell."),
        Column("noise_rate", NUMBER, "fraction", "Its noise rate."),
        Column("seed", WHOLE, "", "Its seed."),
        Column(
            "over",
            TEXT,
            "",
            "`rounds` for the values of all rounds, `changes` for the differences from each round "
            "to the next one.",
        ),
        Column("points", WHOLE, "", "Over how many rounds, or differences."),
        Column(
            "correlation",
            NUMBER,
            "",
            "Spearman's rank correlation, from -1 to 1; NaN if one of them is constant.",
        ),
    ),
    needs_params=False,
)
