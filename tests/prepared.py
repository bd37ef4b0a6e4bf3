"""Runs a command again and again, each time in a process of its own that begins at once.

python prepared.py MODULE < [step, ...] > [[exit status, stdout, stderr], ...]

What takes seconds to import is imported once; each process is a copy of this one that runs
MODULE as `python -m` does. A step has `arguments`, and may have the end of the process:

kill_before: a pattern. The process is killed, as by `kill -9`, just before the first dealing
  with files that matches: `open`, `os.rename`, `os.remove`, `os.mkdir` or `os.rmdir`, followed
  by the first path and the second.
signal: [pattern, seconds, number]. So many seconds after a line of its output that matches,
  the process gets the signal with this number.
"""

import json
import os
import re
import runpy
import signal
import sys
import tempfile
import time
from pathlib import Path

import sklearn.datasets  # noqa: F401

import pruning_jax.dryrun
import pruning_jax.figures
import pruning_jax.progress
import pruning_jax.tables
import pruning_jax.workdir  # noqa: F401

TIMEOUT = 120  # seconds for a step
EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir")


def kill_before(pattern):
    """From now on this process does not survive a dealing with files that matches."""

    def watch(event, arguments):
        if event in EVENTS and re.search(pattern, " ".join([event, *map(str, arguments[:2])])):
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def command(module, step):
    """The part of the copy; it never returns."""
    sys.argv = [module, *step["arguments"]]
    status = 0
    try:
        if "kill_before" in step:
            kill_before(step["kill_before"])
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as leaving:
        status = leaving.code or 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def ended(child, out, step):
    """The exit status of a copy, which gets its signal on the way."""
    pattern, seconds, number = step.get("signal", (None, 0, 0))
    until = time.monotonic() + TIMEOUT
    while time.monotonic() < until:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        if pattern and re.search(pattern, out.read_text()):
            time.sleep(seconds)
            os.kill(child, number)
            pattern = None
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return f"still running after {TIMEOUT} s"


def outcome(module, step, folder):
    names = [folder / "out", folder / "err"]
    for name in names:
        name.write_text("")
    child = os.fork()
    if not child:
        for target, name in enumerate(names, start=1):
            os.dup2(os.open(name, os.O_WRONLY | os.O_APPEND), target)
        command(module, step)
    status = ended(child, names[0], step)
    return [status, *(name.read_text() for name in names)]


sys.path[0] = os.getcwd()
with tempfile.TemporaryDirectory() as folder:
    print(json.dumps([outcome(sys.argv[1], s, Path(folder)) for s in json.load(sys.stdin)]))
