"""What a workdir is found to hold, for analyses and for a notebook."""

import numpy as np
import pytest

from pruning_jax.files import write_arrays
from pruning_jax.testing.made_up import made_up
from pruning_jax.workdir import collect, lacking, paths
from pruning_jax.workdir.cellfiles import write_rows
from pruning_jax.workdir.collect import cells_of, summarised
from pruning_jax.workdir.recorded import Damaged


@pytest.fixture
def run(tmp_path):
    return made_up(tmp_path)


def test_the_files_of_a_cell_are_arrays(run):
    cell = run.cells[0]
    write_arrays(paths.mask(run.workdir, cell, 2), {"Dense_0/kernel": np.array([True])})
    assert run.examples(cell)["correct"].shape == (5, 40)
    assert run.mask(cell, 2)["Dense_0/kernel"].tolist() == [True]
    with pytest.raises(Damaged, match=r"params/round_02\.npz is missing"):
        run.params(cell, 2)


def test_the_cells_are_those_with_rows(run):
    assert run.cells == [*run.experiment.cells]
    rows = run.rows[run.rows["seed"] == 1].sample(frac=1, random_state=0)
    assert set(cells_of(rows)) == {cell for cell in run.cells if cell.seed == 1}
    assert cells_of(rows[:0]) == []


def test_unreadable_examples_are_left_out_and_noted_once(run):
    gone, damaged, *others = run.cells
    paths.examples(run.workdir, gone).unlink()
    paths.examples(run.workdir, damaged).write_bytes(b"PK")
    for _ in range(2):
        assert [cell for cell, _ in run.every_examples(run.cells)] == others
    assert [*run.unreadable] == [paths.examples(run.workdir, cell) for cell in (gone, damaged)]
    assert "is missing; its cell is left out" in run.unreadable[paths.examples(run.workdir, gone)]


def test_what_is_missing_and_what_diverged_is_named(run):
    rows = run.rows
    lrr = (rows["algorithm"] == "lrr") & (rows["noise_rate"] == 0.2)
    unfinished = lrr & (rows["seed"] == 0)
    diverged = lrr & (rows["seed"] == 1)
    rows.loc[diverged & (rows["round"] == 2), "diverged"] = True
    lost = (unfinished & (rows["round"] > 1)) | (diverged & (rows["round"] > 2))
    rows = rows[~lost & (rows["algorithm"] != "extended_dense")]
    (lrr_line, dense_line) = lacking.unfinished(run.experiment, rows)
    assert lrr_line == "lrr: 1 of 6 cells are not finished: noise 0.2, seed 0 (2 of 5 rounds)"
    assert dense_line.startswith("extended_dense: 6 of 6 cells are not finished: noise 0, seed 0 (")
    assert dense_line.endswith("; and 2 more")
    assert lacking.diverged(rows) == [
        "lrr: 1 cell diverged and ends there: noise 0.2, seed 1 in round 2"
    ]


def test_of_many_problems_alike_the_first_are_told():
    lines = summarised([f"runs/{i} is missing" for i in range(20)] + ["another"])
    assert lines[:3] == [f"runs/{i} is missing" for i in range(3)]
    assert lines[3:] == ["and 17 more files like these", "another"]


def test_a_run_is_read_as_it_was_written(run):
    """From the tables of cells, which are all that is there."""
    for cell in run.cells:
        own = run.rows[cells_equal(run.rows, cell)]
        write_rows(paths.rounds(run.workdir, cell), own.to_dict("records"))
    found = collect.collect(run.workdir)
    assert found.whole
    assert found.unfinished == []
    assert len(found.rows) == len(run.rows)
    assert found.problems == [
        f"{run.workdir / 'config.json'} is missing: what the run was asked for is not known"
    ]
    keys = ["algorithm", "noise_rate", "seed", "round"]
    expected = run.rows.sort_values(keys, kind="stable")
    assert np.array_equal(found.rows["test_accuracy"], expected["test_accuracy"])


def cells_equal(rows, cell):
    same = rows["algorithm"] == cell.algorithm
    return same & (rows["noise_rate"] == cell.noise_rate) & (rows["seed"] == cell.seed)
