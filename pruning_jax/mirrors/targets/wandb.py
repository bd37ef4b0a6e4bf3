"""Weights & Biases: a run for each cell, which is written when the cell is finished.

What the package reads from the environment decides the rest: WANDB_MODE=offline, WANDB_PROJECT,
WANDB_ENTITY.
"""

import hashlib
import importlib
import os
from collections.abc import Sequence
from pathlib import Path

from pruning_jax.experiment.cells import Cell
from pruning_jax.mirrors.measures import given, measured
from pruning_jax.workdir.columns import Row

NEEDS = "wandb"

WHOLE = True
"""Without a network a run of Weights & Biases cannot be resumed."""


def mirror(folder: Path, cell: Cell, rows: Sequence[Row]) -> None:
    """Writes the run of a cell; written again, it replaces the one from before."""
    wandb = importlib.import_module(NEEDS)  # here: it is optional
    workdir = folder.resolve().parents[1]
    run = wandb.init(
        project=os.environ.get("WANDB_PROJECT", "pruning_jax"),
        group=workdir.name,
        job_type=cell.algorithm,
        name=f"{cell.algorithm} noise={cell.noise_rate:g} seed={cell.seed}",
        id=hashlib.sha256(f"{workdir} {cell.folder}".encode()).hexdigest()[:16],
        dir=str(folder),
        config=dict(given(rows[0])),
        settings=wandb.Settings(console="off", silent=True),
    )
    for row in rows:
        run.log(measured(row), step=int(row["round"]))
    run.finish()
