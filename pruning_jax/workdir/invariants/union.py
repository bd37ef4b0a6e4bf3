"""What must hold for the union of all rows."""

from collections.abc import Iterator
from math import isnan
from pathlib import Path

from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.workdir import tables as tables_of_rounds
from pruning_jax.workdir.columns import SCHEMA
from pruning_jax.workdir.damage import Damaged
from pruning_jax.workdir.tables import Rows


def union(
    path: Path, experiment: Experiment, tables: dict[Cell, Rows], complete: bool
) -> Iterator[str]:
    """Each row of the union is that of a cell; the union of a complete run has them all.

    Args:
      path: the file of the union.
      experiment: what the run was asked for.
      tables: the rows of cells. Rows of the union that belong to a cell which is not here are not
        checked, because something is wrong with that cell.
      complete: whether all cells are finished and sound.
    """
    if not (complete or path.exists()):
        return
    most = sum(len(experiment.algorithm(cell.algorithm).densities) for cell in experiment.cells)
    try:
        rows = tables_of_rounds.rows(path, most + 1)
    except Damaged as error:
        yield str(error)
        return
    left = {(*cell, row["round"]): row for cell, part in tables.items() for row in part}
    for row in rows:
        cell = Cell(row["algorithm"], row["noise_rate"], row["seed"])
        if cell in tables or cell not in experiment.cells:
            own = left.pop((*cell, row["round"]), None)
            differ = [n for n in SCHEMA.names if own and not _same(own[n], row[n])]
            wrong = f"differs in {', '.join(differ)} from that in" if differ else "is not in"
            message = f"{path}: the row of round {row['round']} {wrong} {cell.folder}"
            yield message if differ or own is None else ""
    if complete and left:
        yield f"{path}: {len(left)} rows of cells are missing, the first is {next(iter(left))}"


def _same(a: object, b: object) -> bool:
    """Whether two entries of a table are equal; NaN equals NaN."""
    return a == b or (isinstance(a, float) and isinstance(b, float) and isnan(a) and isnan(b))
