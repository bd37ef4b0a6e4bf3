"""A run's directory as a whole: what it may hold, and config.json."""

import dataclasses
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

import jax

from pruning_jax import cost, experiment, locks, results
from pruning_jax.checks import WrongUse, require
from pruning_jax.experiment import Experiment

PACKAGES = ("pruning_jax", "jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy")


def prepare(workdir: Path, what: Experiment) -> None:
    """Makes a workdir ready for an experiment, or finds it so.

    Raises:
      WrongUse: it cannot be written, has no room, or is of another experiment. Nothing is
        written then.
    """
    place = next(p for p in (workdir, *workdir.absolute().parents) if p.exists())
    require(
        place.is_dir() and os.access(place, os.W_OK | os.X_OK),
        f"workdir {workdir} is not writable: {place} is not a directory that you may write to",
    )
    _check_same(workdir, what)
    need, free = cost.disk_bytes(what) - _held(workdir), shutil.disk_usage(place).free
    require(
        need <= free,
        f"workdir {workdir} has {size(free)} free, the run's files need about {size(need)} more",
    )
    (workdir / "checkpoints").mkdir(parents=True, exist_ok=True)
    with locks.exclusive(workdir):
        _check_same(workdir, what)
        if not (workdir / "config.json").exists():
            text = json.dumps(_record(what), indent=2)
            results.replace(workdir / "config.json", lambda file: file.write(text.encode()))


def _held(workdir: Path) -> int:
    """The bytes of the files of a workdir. Another process may remove some meanwhile."""
    held = 0
    for path in workdir.rglob("*"):
        with suppress(FileNotFoundError):
            held += path.stat().st_size
    return held


def _check_same(workdir: Path, what: Experiment) -> None:
    path = workdir / "config.json"
    if not path.exists():
        return
    try:
        recorded = json.loads(path.read_text())["experiment"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WrongUse(f"{path} cannot be read ({error}); take another workdir") from error
    lines = experiment.differences(recorded, experiment.description(what))
    require(
        not lines,
        f"{workdir} holds a run of another configuration; take another workdir, or undo what "
        f"differs (there -> now): {'; '.join(lines)}",
    )


def size(count: float) -> str:
    """A number of bytes as one says it."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def _record(what: Experiment) -> dict[str, Any]:
    """What config.json says: the experiment, and what it runs on."""
    return {
        "experiment": experiment.description(what),
        "hash": experiment.digest(what),
        "command": shlex.join(["python", "-m", "pruning_jax.run", *sys.argv[1:]]),
        "versions": {"python": platform.python_version()} | {p: _version(p) for p in PACKAGES},
        "devices": [device.device_kind for device in jax.devices()],
        "backend": jax.default_backend(),
        "machine": platform.machine(),
        "engine": dataclasses.asdict(what.recipe.engine),
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
        "git_commit": _commit(),
    }


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _commit() -> str:
    """The commit of the package's checkout, with "+" where files differ from it; or nothing."""
    git = ["git", "-C", str(Path(__file__).parent)]
    try:
        run = {"capture_output": True, "text": True, "check": True, "timeout": 10}
        commit = subprocess.run([*git, "rev-parse", "HEAD"], **run).stdout.strip()
        changed = subprocess.run([*git, "status", "--porcelain", "-uno"], **run).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
    return commit + ("+" if changed else "")


def settled_at_once(workdir: Path, asked: int, fitting: Callable[[], int]) -> int:
    """How many replicas of this run are trained at once: what is asked for, else what was
    settled before, else what fits into memory.

    It is settled for all processes of a run: they must agree on the division into groups.
    """
    path = workdir / "checkpoints" / "replicas_at_once"
    with locks.exclusive(workdir):
        count = asked or (int(path.read_text()) if path.exists() else fitting())
        results.replace(path, lambda file: file.write(str(count).encode()))
    return count
