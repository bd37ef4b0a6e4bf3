"""TensorBoard: a run for each cell, with a tag for each measurement over rounds.

tensorboard --logdir=runs/digits/mirrors/tensorboard
"""

import importlib
from collections.abc import Sequence
from pathlib import Path

from pruning_jax.experiment.cells import Cell
from pruning_jax.mirrors.measures import measured
from pruning_jax.workdir.columns import Row

NEEDS = "tensorboardX"
"""It writes the files of TensorBoard without TensorFlow."""


def mirror(folder: Path, cell: Cell, rows: Sequence[Row]) -> None:
    """Adds rows of a cell to its run."""
    package = importlib.import_module(NEEDS)  # here: it is optional
    writer = package.SummaryWriter(logdir=str(folder / cell.folder))
    for row in rows:
        for name, value in measured(row).items():
            writer.add_scalar(name, value, int(row["round"]))
    writer.close()
