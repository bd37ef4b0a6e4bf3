"""Groups that are stopped after every few steps, and divided in many ways, in this process."""

import shutil

import numpy as np
import pytest
from processes import assert_same_cells

from pruning_jax.grid.groups import groups_of


@pytest.mark.slow
def test_a_group_may_be_stopped_or_killed_after_every_two_steps(
    experiment, group_run, uninterrupted, tmp_path
):
    """Stopped: the generator is closed. Killed: a copy of the files is gone on with."""
    (group,) = groups_of(experiment, 2)
    copies = []
    while True:
        work = group_run(tmp_path / "run", group, pace=2)
        if next(work, None) is None:
            break
        copies.append(shutil.copytree(tmp_path / "run", tmp_path / f"copy{len(copies)}"))
        work.close()
    assert len(copies) >= 15
    assert_same_cells(tmp_path / "run", uninterrupted)
    for copy in np.random.default_rng(0).choice(copies, 3, replace=False):
        list(group_run(copy, group, pace=3))
        assert_same_cells(copy, uninterrupted)


@pytest.mark.slow
def test_more_shares_than_replicas_in_any_order_leave_the_same_files(
    experiment, group_run, uninterrupted, tmp_path
):
    """Then the algorithms are divided, but for one that needs the masks of another."""
    groups = groups_of(experiment, 2, 3)
    assert len(groups) == 4
    for group in reversed(groups):
        list(group_run(tmp_path, group))
    assert_same_cells(tmp_path, uninterrupted)


@pytest.mark.slow
def test_a_run_goes_on_in_other_groups(experiment, group_run, uninterrupted, tmp_path):
    """Begun with all replicas at once, ended with one at a time."""
    (group,) = groups_of(experiment, 2)
    work = group_run(tmp_path, group)
    while next(work).algorithm != "shuffled":
        pass
    work.close()
    for part in groups_of(experiment, 1):
        list(group_run(tmp_path, part))
    assert_same_cells(tmp_path, uninterrupted)


@pytest.mark.slow
@pytest.mark.parametrize("lost", ["rounds.parquet", ""])
def test_cells_that_were_removed_are_made_again(
    experiment, group_run, uninterrupted, tmp_path, lost
):
    workdir = shutil.copytree(uninterrupted, tmp_path / "run")
    path = workdir / "cells" / "lottery" / "noise=0.3" / "seed=0" / lost
    path.unlink() if path.is_file() else shutil.rmtree(path)
    (group,) = groups_of(experiment, 2)
    list(group_run(workdir, group))
    assert_same_cells(workdir, uninterrupted)
