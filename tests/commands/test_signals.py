"""A signal at any moment: exit status 75, one line, no traceback."""

import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import processes
import pytest
from processes import ROOT, begin, end, in_succession, read_until, training

from pruning_jax import interrupt

STOPPED = 75
BOTH = [signal.SIGTERM, signal.SIGINT]
NAMES = ["TERM", "INT"]


def assert_stopped(done):
    assert done.returncode == STOPPED, (done.stdout, done.stderr)
    assert "stopped by a signal" in done.stdout
    assert "the same command goes on" in done.stdout
    assert done.stderr == ""


@contextmanager
def held_back():
    """Signals wait until the process that is started here lets them in."""
    signal.pthread_sigmask(signal.SIG_BLOCK, BOTH)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, BOTH)


@pytest.mark.parametrize("number", BOTH, ids=NAMES)
@pytest.mark.parametrize("seconds", [0, 0.05, 0.3, 1, 2, 3])
def test_a_signal_soon_after_the_start(number, seconds, tmp_path):
    """While Python starts and modules are imported, or wherever it is then."""
    with held_back():
        process = begin(tmp_path / "run")
    time.sleep(seconds)
    process.send_signal(number)
    assert_stopped(end(process))


@pytest.mark.parametrize("number", BOTH, ids=NAMES)
def test_a_signal_before_python_holds_it_back_is_the_kernels(number, tmp_path):
    """Without the help of who starts it a process cannot be 75 from its very first instruction."""
    process = begin(tmp_path / "run")
    process.send_signal(number)
    assert end(process).returncode in (-number, STOPPED)


STAGES = {
    "data": r"^open .*digits.csv",
    "the workdir is made": r"^os.mkdir .*checkpoints",
    "settling": r"^os.rename .*replicas_at_once",
    "training": r"^os.rename .*lrr/noise=0.3/seed=0/masks/\S*round_01",
    "the union": r"^os.rename .*\.tmp \S*/run/rounds.parquet",
    "checkpoints are removed": r"^os.rmdir \S*checkpoints/\w+ ",
    "the figure": r"^os.rename .*accuracy.png",
}


@pytest.mark.slow
def test_a_signal_in_every_stage_of_a_run(tmp_path_factory, tmp_path):
    """Each is sent just before a dealing with files; what is left does the next one."""
    workdir = tmp_path / "run"
    arguments = training(workdir)
    steps = [
        {"arguments": arguments, "signal_before": [pattern, BOTH[i % 2], 0]}
        for i, pattern in enumerate(STAGES.values())
    ]
    *stopped, done = in_succession([*steps, {"arguments": arguments}])
    for stage, each in zip(STAGES, stopped, strict=True):
        assert each.returncode == STOPPED, (stage, each.stdout, each.stderr)
        assert_stopped(each)
    assert done.returncode == 0, done.stderr
    processes.assert_same(workdir, processes.reference(tmp_path_factory))


@pytest.mark.slow
def test_a_signal_in_the_last_moments_of_a_process(tmp_path):
    """Its status is 0 or 75, never that of a signal; all is done in either case."""
    process = begin(tmp_path / "run", rounds=1, grid__algorithms=("lrr",), grid__noise_rates=(0.0,))
    read_until(process, "rows in")
    process.send_signal(signal.SIGTERM)
    assert end(process).returncode in (0, STOPPED)


@pytest.mark.slow
def test_a_second_interrupt_leaves_at_once(tmp_path):
    process = begin(tmp_path / "run", epochs=20000)
    read_until(process, "all of it")
    process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert_stopped(end(process))


@pytest.mark.parametrize(
    ("how", "said"),
    [("", "stopped\n"), (", goes_on=True", "stopped; the same command goes on\n")],
)
def test_a_command_that_begins_anew_does_not_promise_to_go_on(how, said):
    code = (
        "import signal\nfrom pruning_jax import cli\n"
        f"cli.start(lambda: signal.raise_signal(signal.SIGINT){how})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stdout, done.stderr) == (STOPPED, "", f"-c: {said}")


def test_signals_within_work_that_can_be_saved():
    """The first is noted; a second SIGTERM too; a second SIGINT does what it did before."""
    with interrupt.noted() as stopped:
        assert stopped() == 0
        for _ in range(2):
            signal.raise_signal(signal.SIGTERM)
        assert stopped() == signal.SIGTERM
        signal.raise_signal(signal.SIGINT)
        assert stopped() == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
