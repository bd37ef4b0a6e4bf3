"""Processes that decode: they end with the process that they work for, however it ends."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import image_files
import pytest
from processes import children

SUPPORT = Path(__file__).parents[1] / "support"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return image_files.make(tmp_path_factory.mktemp("tfds"))


# A process of its own, as a command is: absl's flags, two workers, endless epochs.
COMMAND = """
import signal, sys, time
import numpy as np
from absl import app, flags, logging
import tiny_images
from pruning_jax.data.reading import feed

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
feed.CHUNK = 3
flags.DEFINE_string("data", None, "")
flags.DEFINE_string("end", "", "")

def main(_):
    logging.set_verbosity(logging.ERROR)
    images = tiny_images.load(flags.FLAGS.data).train_images
    order = np.tile(np.arange(60, dtype=np.int32).reshape(6, 10), (500, 1))
    draws = np.array([7, 11], np.uint32)
    global batches
    batches = feed.training(images, order, draws, (32, 32, 3), resized_crop=True, workers=2)
    for number, batch in enumerate(batches):
        if number == 3:
            print("begun", flush=True)
            if flags.FLAGS.end == "exit":
                sys.exit(3)
            if flags.FLAGS.end == "drop":
                break
            if flags.FLAGS.end == "error":
                raise ValueError("of the command")
        time.sleep(0.05)
    del batches
    print("dropped", flush=True)
    sys.stdin.read()

app.run(main)  # other processes must not import this: they would begin to read, too
"""


def gone(pids):
    """Whether processes end within ten seconds."""
    until = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def command(folder, tmp_path, request):
    """A process that has begun to read, and the processes that decode for it."""
    script = tmp_path / "command.py"
    script.write_text(COMMAND)
    paths = os.pathsep.join([str(SUPPORT), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        [sys.executable, script, f"--data={folder.parents[1]}", f"--end={request.param}"],
        env={**os.environ, "PYTHONPATH": paths, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        line = ""
        while line != "begun\n":
            line = process.stdout.readline()
            assert line, process.stderr.read()
        yield process, children(process.pid)
        process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("command", [""], indirect=True)
@pytest.mark.parametrize(
    ("number", "to_all"),
    [
        (signal.SIGINT, True),  # Ctrl-C in a terminal
        (signal.SIGTERM, False),
        (signal.SIGTERM, True),  # a queue ends a job
        (signal.SIGKILL, False),
    ],
)
def test_a_signal_ends_all_processes_and_no_other_speaks(command, number, to_all):
    process, workers = command
    assert len(workers) == 2
    (os.killpg if to_all else os.kill)(process.pid, number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == (-number if number != signal.SIGINT else -signal.SIGINT)
    assert gone(workers)
    assert errors.count("Traceback") == (number == signal.SIGINT), errors
    assert "Grain" not in errors.partition("KeyboardInterrupt")[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "status", "says"),
    [("exit", 3, ""), ("error", 1, "ValueError: of the command")],
    indirect=["command"],
)
def test_processes_end_with_the_command(command, status, says):
    process, workers = command
    _, errors = process.communicate(timeout=30)
    assert process.returncode == status
    assert gone(workers)
    assert (errors.strip().splitlines() or [""])[-1] == says


@pytest.mark.parametrize("command", ["drop"], indirect=True)
def test_processes_end_with_the_iterator(command):
    process, workers = command
    assert process.stdout.readline() == "dropped\n"
    assert gone(workers)
    assert process.poll() is None
    _, errors = process.communicate(timeout=30)
    assert errors == ""


@pytest.mark.parametrize("command", [""], indirect=True)
def test_a_process_that_is_killed_is_reported(command):
    process, workers = command
    os.kill(next(iter(workers)), signal.SIGKILL)
    _, errors = process.communicate(timeout=40)
    assert process.returncode == 1
    says = r"WrongUse: a process that reads images has ended .* exit code -9.*/dev/shm"
    assert re.search(says, errors)
    assert gone(workers)
