"""That nothing lies in a workdir but what a run writes."""

import os
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.workdir import paths
from pruning_jax.workdir.cellfiles import ended_in
from pruning_jax.workdir.tables import Rows

PARTIAL = ".*.tmp"
"""Files that a killed process left half written; the next one removes them."""


def strays(workdir: Path, experiment: Experiment, tables: Mapping[Cell, Rows]) -> Iterator[str]:
    """For each file and folder of the workdir, and below that of the cells, what is wrong with it.

    Links are wrong, too: they could lead to files elsewhere, which belong to no run.

    Args:
      workdir: the directory of the run.
      experiment: what it was asked for.
      tables: the rows of those cells that could be read.
    """
    for path in sorted(workdir.iterdir()):
        fine = path.name in paths.TOP or fnmatch(path.name, PARTIAL)
        yield "" if fine else f"{path} is nothing that a run writes"
    files, folders = set[Path](), {paths.cells(workdir)}
    for cell in experiment.cells:
        place = paths.cell(workdir, cell)
        folders |= {place, *place.parents}
        own = [*_files(workdir, experiment, cell, tables)]
        files |= {*own}
        folders |= {path.parent for path in own}
    for place, below, names in os.walk(paths.cells(workdir)):
        for name in sorted(below + names):
            path = Path(place, name)
            known = path in (folders if name in below else files) or fnmatch(name, PARTIAL)
            what = "is a link" if path.is_symlink() else "" if known else "belongs to no cell"
            yield f"{path} {what}" if what else ""
        below[:] = [name for name in below if Path(place, name) in folders]


def _files(
    workdir: Path, experiment: Experiment, cell: Cell, tables: Mapping[Cell, Rows]
) -> Iterator[Path]:
    """The files that a cell may have. One that is not finished may have some of later rounds."""
    algorithm = experiment.algorithm(cell.algorithm)
    yield from (paths.cell(workdir, cell) / name for name in paths.OF_CELL)
    if experiment.save_params:
        yield paths.anchor(workdir, cell)
    rows = tables.get(cell, [])
    count = len(rows) if any(ended_in(algorithm, rows)) else len(algorithm.densities)
    for round_ in range(count):
        yield paths.mask(workdir, cell, round_)
        if experiment.save_params:
            yield paths.params(workdir, cell, round_)
