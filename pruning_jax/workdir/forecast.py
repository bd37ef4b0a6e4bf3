"""How long the rest of a run takes, by what its rounds have taken so far."""

import math
from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import TypeAlias

import pandas as pd

from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.workdir.columns import Row

Rows: TypeAlias = dict[Cell, list[Row]]
"""The complete rounds of cells, as far as `ended_in` looks at them, and their seconds."""

COLUMNS = (*Cell._fields, "diverged", "clean_accuracy", "round", "seconds")


def by_cell(experiment: Experiment, rows: pd.DataFrame) -> Rows:
    """The rows of each cell of an experiment that has some."""
    found: Rows = {}
    for values in zip(*(rows[column].tolist() for column in COLUMNS), strict=True):
        found.setdefault(Cell(*values[:3]), []).append(dict(zip(COLUMNS, values, strict=True)))
    return {cell: found[cell] for cell in experiment.cells if cell in found}


def seconds(experiment: Experiment, rows: Rows, cells: Iterable[Cell]) -> float | None:
    """What the missing rounds of some cells take, for one process; None if no round is complete.

    A round takes as long as the mean of those of the same algorithm; without any, of the same
    network and examples; without any, of all. Networks may collapse before their last round.
    """
    wanted = list(cells)
    if not wanted:
        return 0.0
    means = _means(experiment, rows)
    if not means:
        return None
    total, dense = 0.0, set()
    for cell in wanted:
        algorithm = experiment.algorithm(cell.algorithm)
        done = len(rows.get(cell, []))
        variant = algorithm.variant
        price = next(means[k] for k in (algorithm.name, variant, None) if k in means)
        total += price * max(0, algorithm.rounds + 1 - max(done, 1))
        if not done and not _has_dense(experiment, rows, cell):
            dense.add((variant, cell.noise_rate, cell.seed))  # which its algorithms share
    for variant, *_ in dense:
        total += next(means[k] for k in ((variant, 0), variant, None) if k in means)
    return total


def _has_dense(experiment: Experiment, rows: Rows, cell: Cell) -> bool:
    """Whether round 0 of a cell is there, because another algorithm shares it."""
    variant = experiment.algorithm(cell.algorithm).variant
    same = (a.name for a in experiment.algorithms if a.variant == variant)
    return any(cell._replace(algorithm=name) in rows for name in same)


def _means(experiment: Experiment, rows: Rows) -> Mapping[object, float]:
    """The mean seconds of a round: by algorithm, by variant, and of all (None); and of round 0 by
    variant."""
    found: dict[object, list[float]] = {}
    for cell, own in rows.items():
        variant = experiment.algorithm(cell.algorithm).variant
        for row in own:
            if math.isnan(row["seconds"]):
                continue  # a table that was not read in full
            keys = [(variant, 0)] if row["round"] == 0 else [cell.algorithm, variant]
            for key in (*keys, None):
                found.setdefault(key, []).append(row["seconds"])
    return {key: fmean(values) for key, values in found.items()}


def duration(seconds: float) -> str:
    """A time as one says it: 45 s, 3 min 20 s, 2 h 05 min.

    >>> duration(200.0)
    '3 min 20 s'
    """
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"
