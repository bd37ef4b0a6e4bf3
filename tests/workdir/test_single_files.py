"""The rows of a cell are read as they were written."""

import math

import numpy as np
import pandas as pd
import pytest

from pruning_jax.experiment.cells import Cell
from pruning_jax.workdir import cellfiles, manifest
from pruning_jax.workdir.cellfiles import CellFiles, Finished
from pruning_jax.workdir.manifest import States

CELLS = [Cell("lrr", 0.15, 3), Cell("lrr", 0.15, 10)]


@pytest.fixture
def workdir(tmp_path):
    """Two cells of one finished round each."""
    for cell in CELLS:
        row = dict.fromkeys(cellfiles.SCHEMA.names)
        row |= {"algorithm": cell.algorithm, "noise_rate": cell.noise_rate, "seed": cell.seed}
        row |= {"round": 0, "train_loss": math.pi, "diverged": False}
        examples = {"train_loss": np.zeros(4, np.float32), "correct": np.ones(4, bool)}
        examples["test_prediction"] = np.zeros(4, np.uint16)
        mask = {"kernel": np.ones(3, bool)}
        made = Finished(row, mask, examples, States({}, {}, {}, {}), None)
        CellFiles(tmp_path, cell).add(made, manifest.origin("", cell))
    return tmp_path


def test_seed_in_the_name_of_a_folder_is_no_column(workdir):
    """pyarrow up to 24 takes the folder seed=3 for a partition, and fails on the column seed."""
    for cell in CELLS:
        (row,) = CellFiles(workdir, cell).rows
        assert list(row) == cellfiles.SCHEMA.names
        assert (row["seed"], row["noise_rate"], row["train_loss"]) == (cell.seed, 0.15, math.pi)


def test_the_union_has_the_rows_of_all_cells(workdir):
    united = cellfiles.unite(workdir)
    assert united.seed.tolist() == [3, 10]
    assert united.columns.tolist() == cellfiles.SCHEMA.names
    written = pd.read_parquet(workdir / "rounds.parquet")
    assert written.seed.tolist() == [3, 10]
