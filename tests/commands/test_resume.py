"""Stopped or killed at any moment, divided in any way: a run ends with the same files."""

import json
import signal

import processes
import pytest
from processes import (
    assert_same,
    in_succession,
    one_line,
    train,
    training,
)

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
    # Rounds are so short that the one before this has files, and no checkpoint.
    killed_before(LRR_ENDS_ROUND_1.replace("round_01", "round_02"), {}),
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
    line = one_line(train(reference, epochs=3, grid__seeds=(0, 1), save__params=False))
    assert f"another configuration, written by pruning_jax {version}; take" in line
    for difference in ("epochs: 2 -> 3", "seeds: [0] -> [0, 1]", "save_params: True -> False"):
        assert difference in line
    assert "noise" not in line
    many = {"split_seed": 1, "scoring_examples": 64, "weight_decay": 0.1, "momentum": 0.5}
    line = one_line(train(reference, grid__seeds=(9,), el2n_epochs=0.5, **many))
    assert line.count(" -> ") == 6
    assert line.endswith("; and 1 more")
    assert state() == before
