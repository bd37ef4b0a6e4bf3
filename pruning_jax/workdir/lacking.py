"""What a run lacks, in plain words: cells that are not finished, and those that diverged."""

import pandas as pd

from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.workdir.cellfiles import ended_in, nothing_left
from pruning_jax.workdir.columns import Row
from pruning_jax.workdir.decided import cannot_run

LISTED = 4
"""So many things are named one by one."""


def unfinished(experiment: Experiment, rows: pd.DataFrame) -> list[str]:
    """What is missing of the grid: a line for the cells of each algorithm."""
    found: dict[Cell, list[Row]] = {}
    columns = (*Cell._fields, "diverged", "clean_accuracy")
    for values in zip(*(rows[column].tolist() for column in columns), strict=True):
        row = dict(zip(columns, values, strict=True))
        found.setdefault(Cell(*values[:3]), []).append(row)
    wanted = [cell for cell in experiment.cells if cell in found]
    ended = {c: ended_in(experiment.algorithm(c.algorithm), found[c]) for c in wanted}
    possible = [c for c in experiment.cells if c in found or not _never(experiment, c, found)]
    lines = []
    for algorithm in experiment.algorithms:
        cells = [cell for cell in possible if cell.algorithm == algorithm.name]
        left = []
        for cell in cells:
            own = ended.get(cell, [])
            giver = ended.get(cell._replace(algorithm=algorithm.masks_from), [])
            if not nothing_left(own, giver):
                most = "at most " if algorithm.collapsed else ""
                done = f"{len(own)} of {most}{algorithm.rounds + 1} rounds"
                left.append(f"{_place(*cell[1:])} ({done})")
        if left:
            lines.append(
                f"{algorithm.name}: {len(left)} of {len(cells)} cells are not finished: "
                f"{_first(left)}"
            )
    return lines


def _never(experiment: Experiment, cell: Cell, found: dict[Cell, list[Row]]) -> bool:
    """Whether a cell is one that cannot run."""
    return cannot_run(experiment, cell, lambda cell: found.get(cell, []))


def diverged(rows: pd.DataFrame) -> list[str]:
    """A line for the diverged cells of each algorithm; rows are sorted by algorithm."""
    cells: dict[str, list[str]] = {}
    names = ("algorithm", "noise_rate", "seed", "round")
    ended = rows[rows["diverged"]]
    for name, rate, seed, round_ in zip(*(ended[column] for column in names), strict=True):
        cells.setdefault(str(name), []).append(f"{_place(rate, seed)} in round {round_}")
    ends = {True: "cell diverged and ends", False: "cells diverged and end"}
    return [
        f"{name}: {len(own)} {ends[len(own) == 1]} there: {_first(own)}"
        for name, own in cells.items()
    ]


def _place(noise_rate: float, seed: int) -> str:
    """Which cell of an algorithm it is, in words."""
    return f"noise {noise_rate:g}, seed {seed}"


def _first(things: list[str]) -> str:
    """The first few of many things, and how many more there are."""
    more = len(things) - LISTED
    return "; ".join(things[:LISTED]) + (f"; and {more} more" if more > 0 else "")
