"""The commands as a user starts them: processes, and what they leave on disk."""

import fcntl
import json
import os
import re
import resource
import runpy
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[2]
QUICKLY_COMPILED = {"XLA_FLAGS": "--xla_backend_optimization_level=0"}
"""For configurations of one test alone, whose programs nobody else has compiled."""

SMOKE = f"--config={ROOT / 'configs' / 'smoke.py'}"
TIMEOUT = 240  # seconds, for a process that hangs

NO_CONTROLS = {
    "controls.width_rounds": (),
    "controls.without_noisy": (),
    "controls.tie_rounds": (),
}
TINY = {
    "dataset": "digits",
    "train_images": 200,
    "validation_fraction": 0.1,
    "width": 0.1,
    "batch_size": 64,
    "epochs": 2,
    "rounds": 2,
    "prune_fraction": 0.2,
    "grid.algorithms": ("lrr", "weight_rewinding", "random"),
    "grid.noise_rates": (0.0, 0.3),
    "grid.seeds": (0,),
    **NO_CONTROLS,
}
"""A grid of two replicas, three algorithms and two rounds, of 6 steps each."""


def changed(**settings):
    """TINY, changed by settings, with __ where a name has a dot."""
    return {**TINY, **{name.replace("__", "."): value for name, value in settings.items()}}


def flags(**settings):
    """TINY as flags, changed by settings."""
    return [f"--config.{name}={value}" for name, value in changed(**settings).items()]


def config(**settings):
    """The configuration that the flags make of configs/smoke.py."""
    smoke = runpy.run_path(str(ROOT / "configs" / "smoke.py"))["get_config"]()
    smoke.update_from_flattened_dict(changed(**settings))
    return smoke


def environment(**variables):
    """That of a user on a CPU, with other variables; all tests share compiled programs."""
    return {**os.environ, "JAX_PLATFORMS": "cpu", **variables}


def start(*arguments, command="run", through=(), cwd=None, **variables):
    """A command as a process, its output in pipes; `through` is put before the module's name."""
    line = [sys.executable, *(through or ["-m"]), f"pruning_jax.{command}", *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(line, env=environment(**variables), cwd=cwd, **pipes)


def end(process, timeout=TIMEOUT):
    """The process at its end: args, returncode, stdout, stderr."""
    try:
        out, err = process.communicate(timeout=timeout)
    finally:
        process.kill()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def begin(workdir, *arguments, variables=None, **settings):
    """A run of TINY, on its way."""
    return start(*training(workdir, *arguments, **settings), **(variables or {}))


def read_until(process, pattern):
    """Reads the lines of a process up to the first that matches; returns that."""
    limit = threading.Timer(TIMEOUT, process.kill)
    limit.start()
    try:
        for line in process.stdout:
            if re.search(pattern, line):
                return line
        raise AssertionError(f"no line matches {pattern}: {process.stderr.read()}")
    finally:
        limit.cancel()


def run(*arguments, **how):
    """A command from start to end."""
    return end(start(*arguments, **how))


def training(workdir, *arguments, **settings):
    """The flags of a run of TINY."""
    return [SMOKE, f"--workdir={workdir}", *flags(**settings), *arguments]


def train(workdir, *arguments, through=(), cwd=None, variables=None, **settings):
    """A run of TINY from start to end, with other environment variables."""
    line = training(workdir, *arguments, **settings)
    return run(*line, through=through, cwd=cwd, **(variables or {}))


def in_succession(steps, cwd=None, **variables):
    """What comes of training that is started several times: see prepared.py."""
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "support" / "prepared.py", "pruning_jax.run"],
        input=json.dumps(steps),
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=TIMEOUT * len(steps),  # prepared.py ends a step that hangs
        env=environment(**variables),
    )
    assert done.returncode == 0, done.stderr
    return [subprocess.CompletedProcess("run", *each) for each in json.loads(done.stdout)]


def once(tmp_path_factory, name, make):
    """A folder that all of pytest's workers share, filled by `make(folder)` in the first."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    folder, made = root / name, root / f"{name}.made"
    with (root / f"{name}.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not made.exists():
            make(folder)
            made.touch()
    return folder


def reference(tmp_path_factory):
    """The workdir of a run of TINY that nothing interrupted. Only to be read."""

    def make(folder):
        done = train(folder)
        assert done.returncode == 0, done.stderr
        folder.with_suffix(".files").write_text("\n".join(files(folder)))

    folder = once(tmp_path_factory, "reference", make)
    found = "\n".join(files(folder))
    assert found == folder.with_suffix(".files").read_text(), "a test has written to the reference"
    return folder


def files(workdir):
    """The names of a run's files; those for resuming, what processes printed, and the stamp that
    `verify` may have left are no part of them."""
    found = [path.relative_to(workdir) for path in workdir.rglob("*") if path.is_file()]
    besides = ("checkpoints", "logs", "verified.json")
    return sorted(str(path) for path in found if path.parts[0] not in besides)


def content(path):
    """What a file says, to be compared bit for bit; times and the machine are left out."""
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            return {name: (a.dtype.str, a.shape, a.tobytes()) for name, a in arrays.items()}
    if path.suffix == ".parquet":
        frame = pq.ParquetFile(path).read().to_pandas().drop(columns="seconds")
        return {name: (str(c.dtype), [repr(v) for v in c]) for name, c in frame.items()}
    if path.name == "manifest.json":
        entries = json.loads(path.read_text())["rounds"]
        of_seconds = ("row", "previous", "sum")
        return [{k: v for k, v in entry.items() if k not in of_seconds} for entry in entries]
    if path.name == "config.json":
        recorded = json.loads(path.read_text())
        return recorded["experiment"], recorded["hash"]
    return path.read_bytes()


def assert_same_cells(workdir, reference):
    """Two workdirs have the same files, bit for bit; those for resuming are left out."""
    assert {*files(workdir)} ^ {*files(reference)} == set()
    for name in files(reference):
        assert content(workdir / name) == content(reference / name), name


def assert_same(workdir, reference):
    """Two finished runs have the same files, bit for bit."""
    assert_same_cells(workdir, reference)
    left = [path.name for path in (workdir / "checkpoints").glob("*/")]
    assert not left, f"checkpoints of a finished run: {left}"


@contextmanager
def full_disk(size):
    """In this process no file can grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def one_line(done):
    """The one line of a command that was used wrongly."""
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.strip()


def children(pid):
    """The processes below a process that decode, by number: what the kernel says of them."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            line = (status.parent / "cmdline").read_text()
        except OSError:  # it has just ended
            continue
        if int(fields[1]) == pid and "spawn_main" in line:
            found[int(status.parent.name)] = fields[0]
    return found
