"""launch/slurm.sh on a real SLURM: arrays that are cancelled, submitted again, signalled."""

import re
import shlex

import processes
import pytest
import slurm
from processes import ROOT, SMOKE, content, files
from slurm import until

from pruning_jax.workdir import locks, paths

SUBMIT = ROOT / "launch" / "slurm.sh"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(slurm.lacking()), reason=f"no SLURM: {slurm.lacking()}"),
]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with slurm.cluster(tmp_path_factory.mktemp("slurm")) as found:
        yield found


@pytest.fixture(scope="session")
def reference(tmp_path_factory):
    return processes.reference(tmp_path_factory)


def submitted(cluster, cwd, shares, options, flags, **variables):
    """Submits a run; the numbers of the array and of the job that reports."""
    variables |= {"JAX_PLATFORMS": "cpu", "PYTHON": processes.sys.executable}
    line = [SUBMIT, shares, *options, "--", SMOKE, *flags]
    out = cluster.run(*line, cwd=cwd, **variables)
    assert "cells (algorithm, noise rate, seed)" in out, "the plan comes first"
    array = re.search(rf"submitted {shares} jobs: (\d+)", out)
    report = re.search(r"reports when they have ended: (\d+)", out)
    assert array
    assert report
    return array[1], report[1]


def printed(cwd):
    """What all jobs printed."""
    return "\n".join(path.read_text() for path in sorted(cwd.glob("slurm-*.out")))


def test_an_array_that_is_cancelled_submitted_again_and_signalled(cluster, reference, tmp_path):
    """It ends with the files of a local run, in a workdir with a name that no shell may touch."""
    workdir = tmp_path / "a 'b' \"c\" $(touch d) e\nf"
    flags = [f"--workdir={workdir}", *processes.flags()]
    options = ["--cpus-per-task=1", "--comment=it's a test"]
    array, report = submitted(cluster, tmp_path, 2, options, flags)
    until(lambda: "round 1" in printed(tmp_path), "a round is trained")
    cluster.run("scancel", array)
    cluster.until_idle()
    assert cluster.shown(f"{array}_1")["Restarts"] == "0", "who cancels does not want it again"
    assert cluster.shown(report)["JobState"] in ("COMPLETED", "FAILED")
    assert "cells are finished" in (tmp_path / f"slurm-{report}.out").read_text()

    array, report = submitted(cluster, tmp_path, 2, options, flags)
    job = f"{array}_1"
    output = tmp_path / f"slurm-{job}.out"
    until(lambda: output.exists() and "cells in 2 groups" in output.read_text(), "a job begins")
    cluster.run("scancel", "--signal=TERM", job, check=False)  # to its step: as SLURM does
    cluster.until_idle()
    if "stopped by a signal" in output.read_text():
        assert cluster.shown(job)["Restarts"] == "1"
    assert cluster.shown(job)["JobState"] == "COMPLETED"
    assert cluster.shown(report)["JobState"] == "COMPLETED", printed(tmp_path)
    said = (tmp_path / f"slurm-{report}.out").read_text()
    assert "6 of 6 cells are finished" in said
    assert "Wrote" in said
    assert (workdir / "report.html").exists()
    for name in files(reference):
        if not name.startswith("figures"):  # which the report draws again
            assert content(workdir / name) == content(reference / name), name
    assert not (tmp_path / "d").exists()


def test_a_time_limit_while_a_control_waits(cluster, tmp_path):
    """It saves, is queued again by itself, and goes on once what it waits for can be had.

    The test holds the cells that decide, as a process on another host would.
    """
    workdir = tmp_path / "run"
    settings = {
        **{"grid__algorithms": ("lrr",), "grid__noise_rates": (0.0,), "rounds": 1},
        **{"controls__tie_rounds": (1,), "controls__tie_fraction": 0.2},
    }
    paths.checkpoints(workdir).mkdir(parents=True)
    held = locks.cells(workdir)
    assert held.take([0])
    try:
        flags = [f"--workdir={workdir}", *processes.flags(**settings)]
        array, report = submitted(cluster, tmp_path, 1, ["--time=2", "--signal=TERM@60"], flags)
        job = f"{array}_1"
        output = tmp_path / f"slurm-{job}.out"
        until(lambda: "waits for other" in printed(tmp_path), "the control waits")
        until(lambda: cluster.shown(job)["Restarts"] != "0", "the job is queued again")
        assert "stopped by a signal" in output.read_text()
        assert cluster.shown(report)["JobState"] == "PENDING", "it waits through that, too"
    finally:
        held.free([0])
    cluster.until_idle()
    assert cluster.shown(job)["JobState"] == "COMPLETED", printed(tmp_path)
    assert cluster.shown(report)["JobState"] == "COMPLETED", printed(tmp_path)
    assert "3 of 3 cells are finished" in (tmp_path / f"slurm-{report}.out").read_text()


def begun(workdir):
    """Whether the rows of a first round are there."""
    return any((workdir / "cells").glob("*/*/*/rounds.parquet"))


def test_tasks_of_one_job_train_together(cluster, reference, tmp_path):
    """Two processes, each with a device of its own, under srun: stopped, queued again, and in the
    end the files of one process with two devices."""
    workdir = tmp_path / "run"
    often = {"checkpoint_minutes": 1e-9}
    flags = [f"--workdir={workdir}", *processes.flags(**often), "--distributed"]
    one_device = {"XLA_FLAGS": "--xla_force_host_platform_device_count=1"}
    options = ["--ntasks=2", "--cpus-per-task=1"]
    array, report = submitted(cluster, tmp_path, 1, options, flags, **one_device)
    until(lambda: begun(workdir), "a round is trained")
    cluster.run("scancel", "--signal=TERM", f"{array}_1")
    cluster.until_idle()
    said = (tmp_path / f"slurm-{array}_1.out").read_text()
    assert "stopped by a signal" in said
    assert cluster.shown(f"{array}_1")["Restarts"] == "1"
    assert cluster.shown(f"{array}_1")["JobState"] == "COMPLETED", said
    assert cluster.shown(report)["JobState"] == "COMPLETED", printed(tmp_path)
    for name in files(reference):
        if not name.startswith("figures"):
            assert content(workdir / name) == content(reference / name), name


def test_a_job_that_was_stopped_too_often_is_not_queued_again(cluster, tmp_path):
    """SLURM counts how often; this job begins with the last time that is allowed."""
    workdir = tmp_path / "run"
    flags = [f"--workdir={workdir}", *processes.flags(epochs=50)]
    array, _ = submitted(cluster, tmp_path, 1, [], flags, SLURM_RESTART_COUNT="100")
    until(lambda: begun(workdir), "a round is trained")
    cluster.run("scancel", "--signal=TERM", f"{array}_1")
    cluster.until_idle()
    assert "stopped for the 100th time: submit the same command again" in printed(tmp_path)
    assert cluster.shown(f"{array}_1")["Restarts"] == "0"
    assert cluster.shown(f"{array}_1")["ExitCode"] == "75:0"


def test_a_mistake_shows_before_anything_is_submitted(cluster, tmp_path):
    line = [SUBMIT, 2, "--", SMOKE, "--config.epoch=3", f"--workdir={tmp_path / 'run'}"]
    done = processes.subprocess.run(
        list(map(str, line)),
        env={**cluster.environment, "PYTHON": processes.sys.executable, "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "did you mean epochs?" in done.stderr
    assert "submitted" not in done.stdout
    assert cluster.waiting() == []


def test_what_a_dry_run_prints_is_what_would_be_done(cluster, tmp_path):
    """Its lines can be run: they submit the same jobs."""
    flags = [f"--workdir={tmp_path / 'a b'}", "--config.epoch=3"]  # the jobs end at once
    line = [SUBMIT, "--dry-run", 2, "--comment=it's", "--", SMOKE, *flags]
    out = cluster.run(*line, cwd=tmp_path, PYTHON=processes.sys.executable)
    plan, *submits = out.splitlines()
    assert shlex.split(plan)[2:] == [
        *("pruning_jax.plan", "--shares=2", SMOKE, "--config.epoch=3"),
    ]
    script = "\n".join(submits)
    job = cluster.run("bash", "-c", script, cwd=tmp_path, JAX_PLATFORMS="cpu").strip()
    cluster.until_idle()
    array = cluster.shown(job)["Dependency"]
    assert array == "(null)"  # it has been met
    assert "did you mean epochs?" in printed(tmp_path)
