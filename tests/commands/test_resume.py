"""Stopped or killed at any moment, divided in any way: a run ends with the same files."""

import json
import shutil
import signal

import numpy as np
import processes
import pytest
from processes import (
    assert_same,
    content,
    files,
    in_succession,
    one_line,
    train,
    training,
)

from pruning_jax.data import sources
from pruning_jax.data.division import divide
from pruning_jax.grid.at_work import GroupRun
from pruning_jax.grid.groups import groups_of
from pruning_jax.grid.resolve import resolve

KILLED, STOPPED = -signal.SIGKILL, 75


@pytest.fixture(scope="session")
def reference(tmp_path_factory):
    return processes.reference(tmp_path_factory)


# Ways to end, in succession, one run that is started again after each: how; its settings;
# and the exit statuses that it may have.

OFTEN = {"checkpoint_minutes": 1e-9}  # at every moment, however fast the machine


def killed_before(pattern, settings=OFTEN):
    """Killed just before such a dealing with files."""
    return {"signal_before": [pattern, signal.SIGKILL, 0]}, settings, [KILLED]


def killed_after(pattern, seconds):
    """Killed so long after it, at whatever moment that is, perhaps after the end."""
    return {"signal_before": [pattern, signal.SIGKILL, seconds]}, OFTEN, [KILLED, 0]


def stopped_before(pattern, number):
    """Sent a signal just before it; nothing is saved inside a round until then."""
    return {"signal_before": [pattern, number, 0]}, {}, [STOPPED]


LRR_ENDS_ROUND_1 = r"^os.rename .*lrr/noise=0.3/seed=0/masks/\S*round_01"
RANDOM_ENDS_ROUND_1 = LRR_ENDS_ROUND_1.replace("lrr", "random")

FIRST_HALF = [
    stopped_before("^os.rename .*replicas_at_once", signal.SIGTERM),  # in the middle of round 0
    killed_before(r"^os.rename .*dense/000000.orbax"),  # its end is written, but has no name yet
    killed_before(r"^os.rename .*lrr/noise=0.3/seed=0/masks"),  # one cell has a row, one nothing
    killed_before(r"^os.rename .*round/\d+.orbax", {}),  # the rows of a round, not its checkpoint
    killed_after(LRR_ENDS_ROUND_1, 0.07),
]
SECOND_HALF = [
    killed_before(r"^os.rmdir \S*round/\d+ "),  # a new checkpoint, and what remains of the old
    stopped_before(LRR_ENDS_ROUND_1, signal.SIGINT),
    killed_before(r"^os.rename .*random/noise=0.3/seed=0/rounds.parquet"),  # arrays, but no row
    killed_after(RANDOM_ENDS_ROUND_1, 0.05),
    killed_before(r"^os.rename .*\.tmp \S*/run/rounds.parquet"),  # all but the union of the rows
    killed_before(r"^os.rmdir \S*checkpoints/\w+ "),  # checkpoints of a finished run, half removed
    killed_before(r"^os.rename .*accuracy.png"),
]


@pytest.mark.slow
@pytest.mark.parametrize("ends", [FIRST_HALF, SECOND_HALF], ids=["first half", "second half"])
def test_a_run_that_is_ended_again_and_again_leaves_the_same_files(reference, tmp_path, ends):
    workdir = tmp_path / "run"
    elsewhere = {"replicas_at_once": 1, "checkpoint_minutes": 3.0, "data_dir": "/nowhere"}
    steps = [{**how, "arguments": training(workdir, **settings)} for how, settings, _ in ends]
    steps.append({"arguments": training(workdir, **elsewhere)})
    statuses = [*(expected for _, _, expected in ends), [0]]
    for step, expected, done in zip(steps, statuses, in_succession(steps), strict=True):
        assert done.returncode in expected, (step, done.stdout, done.stderr)
        if expected == [STOPPED]:
            assert (
                "stopped by a signal, everything is saved; the same command goes on" in done.stdout
            )
    assert_same(workdir, reference)


def test_a_changed_configuration_is_refused_and_nothing_is_written(reference):
    def state():
        return {path: path.stat().st_mtime_ns for path in reference.rglob("*")}

    before = state()
    version = json.loads((reference / "config.json").read_text())["versions"]["pruning_jax"]
    line = one_line(train(reference, epochs=3, grid__seeds=(0, 1), save__params=True))
    assert f"another configuration, written by pruning_jax {version}; take" in line
    for difference in ("epochs: 2 -> 3", "seeds: [0] -> [0, 1]", "save_params: False -> True"):
        assert difference in line
    assert "noise" not in line
    assert state() == before


# In this process: groups that are stopped after every few steps, and divided in many ways.


@pytest.fixture(scope="module")
def experiment():
    """TINY's replicas, with algorithms of which one depends on another; 6 steps in a round.

    As the programs are those of TINY, they need not be compiled again.
    """
    config = processes.config(grid__algorithms=("lottery", "shuffled", "random"))
    config.algorithms.lottery.rewind_to = "3it"
    return resolve(config)


@pytest.fixture(scope="module")
def division(experiment):
    return divide(sources.load("digits"), experiment.data)


@pytest.fixture(scope="module")
def group_run(experiment, division):
    """A function that runs a group in a workdir, with so many steps between two moments; all
    moments are saved."""

    def run(workdir, group, pace=100):
        work = GroupRun(experiment, group, division, workdir, checkpoint_minutes=1e-9)
        work.work = work.work._replace(pace=lambda step: step + pace)
        return work.run()

    return run


@pytest.fixture(scope="module")
def uninterrupted(experiment, group_run, tmp_path_factory):
    """The grid in one group."""
    workdir = tmp_path_factory.mktemp("uninterrupted")
    (group,) = groups_of(experiment, 2)
    list(group_run(workdir, group))
    return workdir


def assert_same_cells(workdir, other):
    assert files(workdir) == files(other)
    for name in files(other):
        assert content(workdir / name) == content(other / name), name


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
