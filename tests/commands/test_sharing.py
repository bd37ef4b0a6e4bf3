"""Several processes with one command and one workdir share a grid by themselves."""

import json
import shutil
import signal
import time
from contextlib import contextmanager

import processes
import psutil
import pytest
from processes import (
    QUICKLY_COMPILED,
    ROOT,
    assert_same,
    begin,
    end,
    files,
    one_line,
    read_until,
    run,
    start,
    train,
)

from pruning_jax.experiment.cells import Cell
from pruning_jax.wording import percent
from pruning_jax.workdir import collect, paths

FINISHED, UNFINISHED, STOPPED = 0, 3, 75


@pytest.fixture(scope="session")
def reference(tmp_path_factory):
    return processes.reference(tmp_path_factory)


def status(workdir):
    """The exit status of `status`, and what it says as JSON."""
    done = run(f"--workdir={workdir}", "--json", command="status")
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def lines(found):
    """What `status` says of the cells, by algorithm and noise rate; zeros are left out."""
    return {
        (line["algorithm"], line["noise_rate"]): {k: v for k, v in line["states"].items() if v}
        for line in found["lines"]
    }


HALTING = ROOT / "tests" / "support" / "halting.py"
IN_ROUND_1 = r"^os.rename .*lrr/\S*masks/\S*round_01"


@contextmanager
def halted(workdir, *arguments, variables=None, **settings):
    """A run that has stopped in its tracks in round 1 of lrr; it keeps its locks."""
    line = processes.training(workdir, *arguments, **settings)
    process = start(*line, through=[HALTING, IN_ROUND_1], **(variables or {}))
    try:
        while psutil.Process(process.pid).status() != psutil.STATUS_STOPPED:
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_processes_share_a_grid_and_what_a_killed_one_had_is_taken_over(reference, tmp_path):
    with halted(tmp_path, "--shares=2") as first:
        second = end(begin(tmp_path, "--shares=3"))
        assert second.returncode == 0, second.stderr
        assert "note: shares is 2, not 3: other processes are at work" in second.stdout
        assert "6 cells in 2 groups" in second.stdout
        assert "1 of 2 replicas are not finished" in second.stdout
        code, found = status(tmp_path)
        assert code == UNFINISHED
        (at_work,) = found["processes"]
        assert (at_work["pid"], at_work["doing"]) == (first.pid, "training")
        held = {algorithm: rate for algorithm, rate, _ in at_work["cells"]}
        assert held.keys() == {"lrr", "weight_rewinding", "random"}
        (rate,) = set(held.values())
        assert lines(found)["random", rate] == {"running": 1}
        assert lines(found)["random", 0.3 - rate] == {"finished": 1}
        assert found["seconds_left"] > 0
        nothing = end(begin(tmp_path))
        assert nothing.returncode == 0, nothing.stderr
        assert "1 of 2 replicas are not finished" in nothing.stdout
    code, found = status(tmp_path)
    assert (code, found["processes"]) == (UNFINISHED, [])
    assert lines(found)["random", rate] == {"open": 1}
    third = train(tmp_path)
    assert third.returncode == 0, third.stderr
    assert "not finished" not in third.stdout
    assert_same(tmp_path, reference)
    code, found = status(tmp_path)
    assert (code, found["finished"], found["states"]["finished"]) == (FINISHED, True, 6)


@pytest.mark.slow
def test_processes_side_by_side_leave_the_files_of_one(reference, tmp_path):
    both = [begin(tmp_path, "--shares=6") for _ in range(2)]
    for done in map(end, both):
        assert done.returncode == 0, done.stderr
    assert_same(tmp_path, reference)


WAITS = {
    "grid__algorithms": ("lrr",),
    "grid__noise_rates": (0.0,),
    "grid__seeds": (0, 1),
    "rounds": 1,
    "controls__tie_rounds": (1,),
    "controls__tie_fraction": 0.2,
}
CONTROL = "without_top_improved_01"


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The workdir of one process that had a control to itself."""
    folder = tmp_path_factory.mktemp("alone") / "run"
    done = train(folder, variables=QUICKLY_COMPILED, **WAITS)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("killed", [False, True], ids=["finishes", "is killed"])
def test_a_control_waits_until_the_process_that_decides_it(killed, alone, tmp_path):
    """That one finishes, or is killed and taken over from. The waiting one may be stopped."""
    waiting = []
    with halted(tmp_path, variables=QUICKLY_COMPILED, **WAITS) as first:
        for _ in range(2):
            waiting.append(begin(tmp_path, variables=QUICKLY_COMPILED, **WAITS))
            line = read_until(waiting[-1], "waits for other processes")
            assert CONTROL in line
            if len(waiting) == 1:
                _, found = status(tmp_path)
                assert lines(found)[CONTROL, 0.0] == {"waiting": 2}
                assert {p["doing"] for p in found["processes"]} == {"training", "waiting"}
                waiting[0].send_signal(signal.SIGTERM)
                stopped = end(waiting[0])
                assert stopped.returncode == STOPPED
                assert "the same command goes on" in stopped.stdout
                assert stopped.stderr == ""
        first.send_signal(signal.SIGKILL if killed else signal.SIGCONT)
        done = [end(first), end(waiting[1])]
    assert [d.returncode for d in done] == [-signal.SIGKILL if killed else 0, 0], done[1].stderr
    assert_same(tmp_path, alone)


@pytest.mark.slow
def test_a_control_that_cannot_run_is_no_failure(tmp_path):
    """Every network diverges before the round that decides."""
    for _ in range(2):
        done = train(tmp_path, variables=QUICKLY_COMPILED, learning_rate=1e30, **WAITS)
        assert done.returncode == 0, done.stderr
        assert f"{CONTROL} cannot run with {percent(0.0)} label noise: no network" in done.stdout
        assert "not finished" not in done.stdout
    assert collect.collect(tmp_path).unfinished == []
    code, found = status(tmp_path)
    assert code == FINISHED
    assert lines(found)[CONTROL, 0.0] == {"cannot run": 2}
    assert lines(found)["lrr", 0.0] == {"finished": 2}
    assert {line["algorithm"]: line["diverged"] for line in found["lines"]}["lrr"] == 2


FAILING = """
import jax
from pathlib import Path

traced = []

def score(evidence):  # once it is traced to see whether it fits, then to be run
    traced.append(1)
    if len(traced) > 1 and Path("fails").exists():
        raise RuntimeError("out of luck")
    return jax.tree.map(abs, evidence.weights)
"""


@pytest.mark.slow
def test_a_group_that_fails_is_taken_last(tmp_path):
    """The first process ends with it, the second has done everything else before."""
    (tmp_path / "own.py").write_text(FAILING)
    (tmp_path / "fails").touch()
    settings = {"grid__algorithms": ("mine", "random"), "grid__noise_rates": (0.3,)}
    flags = ["--shares=2", "--config.algorithms.mine.criterion=own:score"]
    workdir, path = tmp_path / "run", f"{tmp_path}:{processes.ROOT}"
    how = {"cwd": tmp_path, "variables": {**QUICKLY_COMPILED, "PYTHONPATH": path}}
    for finished in (0, 1):
        done = train(workdir, *flags, **how, **settings)
        assert done.returncode in (1, 2)
        assert "out of luck" in done.stderr
        _, found = status(workdir)
        assert lines(found)["mine", 0.3] == {"failed": 1}
        assert lines(found)["random", 0.3] == ({"finished": 1} if finished else {"open": 1})
        (failure,) = found["failures"]
        assert "out of luck (on " in failure
    (tmp_path / "fails").unlink()
    done = train(workdir, *flags, **how, **settings)
    assert done.returncode == 0, done.stderr
    code, found = status(workdir)
    assert (code, found["failures"]) == (FINISHED, [])


def test_the_status_of_no_run(tmp_path):
    for given, says in [
        (f"--workdir={tmp_path}", "holds no run: it has no config.json"),
        (f"--workdir={tmp_path / 'none'}", "is no directory"),
        ("--workdir=", "--workdir=runs/digits"),
    ]:
        assert says in one_line(run(given, command="status"))
    assert files(tmp_path) == []


def test_the_status_for_people(reference):
    done = run(f"--workdir={reference}", command="status")
    assert (done.returncode, done.stderr) == (FINISHED, "")
    assert "weight_rewinding" in done.stdout
    assert done.stdout.splitlines()[0] == "6 of 6 cells are finished (18 rounds)."


def test_the_status_of_a_damaged_run(reference, tmp_path):
    """What cannot be read counts as not done, and a line says so."""
    workdir = shutil.copytree(reference, tmp_path / "run")
    lost, damaged = Cell("lrr", 0.0, 0), Cell("random", 0.3, 0)
    paths.rounds(workdir, lost).unlink()
    paths.rounds(workdir, damaged).write_bytes(b"PAR1")
    code, found = status(workdir)
    assert code == UNFINISHED
    assert lines(found)["lrr", 0.0] == lines(found)["random", 0.3] == {"open": 1}
    assert lines(found)["lrr", 0.3] == {"finished": 1}
    (problem,) = found["problems"]
    assert str(paths.rounds(workdir, damaged)) in problem
    assert found["seconds_of_work"] > 0
    assert found["seconds_left"] is None
    paths.config(workdir).write_text("{}")
    assert "config.json" in one_line(run(f"--workdir={workdir}", command="status"))
