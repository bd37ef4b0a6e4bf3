"""Opening a workdir for an experiment: is it the right one, is there room, what runs here."""

import dataclasses
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import jax

from pruning_jax import files, machine
from pruning_jax.data import label_noise
from pruning_jax.data.division import Division
from pruning_jax.errors import WrongUse, require, said
from pruning_jax.experiment import record
from pruning_jax.experiment.cells import Experiment
from pruning_jax.experiment.record import Json
from pruning_jax.grid import disk, own_modules
from pruning_jax.workdir import locks, paths
from pruning_jax.workdir.damage import Damaged, json_object

PACKAGES = ("pruning_jax", "jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy")

LISTED = 5
"""How many differences a message lists; more are not read."""


def prepare(workdir: Path, experiment: Experiment, division: Division) -> None:
    """Makes a workdir ready for an experiment on a divided data set, or finds it so.

    Raises:
      WrongUse: it cannot be written, has no room, or is of another experiment. Nothing is
        written then.
    """
    try:
        paths.config(workdir).exists()
    except OSError as error:  # such as a name that is too long
        raise WrongUse(f"workdir {workdir} cannot be made: {error.strerror}") from error
    place = next(p for p in (workdir, *workdir.absolute().parents) if os.path.lexists(p))
    require(
        place.exists() or not place.is_symlink(),
        f"workdir {workdir}: {place} is a symbolic link that leads nowhere",
    )
    require(
        place.is_dir() and os.access(place, os.W_OK | os.X_OK),
        f"workdir {workdir} is not writable: {place} is not a directory that you may write to",
    )
    _check_same(workdir, experiment)
    need, free = disk.left(experiment, workdir), shutil.disk_usage(place).free
    require(
        need <= free,
        f"workdir {workdir} has {size(free)} free, the run's files need about {size(need)} more",
    )
    paths.checkpoints(workdir).mkdir(parents=True, exist_ok=True)
    with locks.exclusive(workdir):
        mended = _check_same(workdir, experiment)
        if not paths.config(workdir).exists():
            _write(workdir, _record(experiment, division))
        elif mended:
            content = json_object(paths.config(workdir))
            content["own_modules"] |= mended
            _write(workdir, content)


def _write(workdir: Path, content: Json) -> None:
    text = json.dumps(content, indent=2)
    files.replace(paths.config(workdir), lambda file: file.write(text.encode()))


def _check_same(workdir: Path, experiment: Experiment) -> dict[str, str]:
    """The user's modules that changed before they decided anything, and their sums now.

    Raises:
      WrongUse: the workdir is of another experiment.
    """
    path = paths.config(workdir)
    if not path.exists():
        return {}
    try:
        content = json_object(path)
        recorded, version = content["experiment"], content["versions"]["pruning_jax"]
        lines = record.differences(dict(recorded), record.description(experiment))
    except Damaged as error:
        raise WrongUse(f"{error}; take another workdir") from error
    except (ValueError, KeyError, TypeError) as error:
        raise WrongUse(f"{path} cannot be read: {said(error)}; take another workdir") from error
    more = f"; and {len(lines) - LISTED} more" if len(lines) > LISTED else ""
    require(
        not lines,
        f"{workdir} holds a run of another configuration, written by pruning_jax {version}; take "
        f"another workdir, or undo what differs (there -> now): {'; '.join(lines[:LISTED])}{more}",
    )
    changed = own_modules.changed(content.get("own_modules"), experiment)
    used = [module for module in changed if own_modules.decided(workdir, experiment, module)]
    own_modules.refuse(used, "Take another workdir, or undo the change")
    return changed


def size(count: int | float) -> str:
    """A number of bytes as one says it."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def _record(experiment: Experiment, division: Division) -> Json:
    """What config.json says: the experiment, and what it runs on."""
    return {
        "experiment": record.description(experiment),
        "hash": record.digest(experiment),
        "noise_always_wrong": label_noise.always_wrong(experiment.data.noise_kind),
        "normalisation": {"mean": division.mean.tolist(), "std": division.std.tolist()},
        "command": shlex.join(["python", "-m", "pruning_jax.run", *sys.argv[1:]]),
        "versions": {"python": platform.python_version()} | {p: _version(p) for p in PACKAGES},
        "devices": [device.device_kind for device in jax.devices()],
        "backend": jax.default_backend(),
        "machine": platform.machine(),
        "processor": machine.processor(),
        "own_modules": own_modules.sums(experiment),
        "engine": dataclasses.asdict(experiment.recipe.engine),
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
