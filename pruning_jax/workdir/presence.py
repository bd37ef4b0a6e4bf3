"""The processes that work in a workdir: who they are, and what each is doing.

Each holds one byte of a file as its lock for as long as it lives, and says beside it what it does.
Whether it lives is told by the lock alone: the number of a process says nothing on another host,
and clocks differ.
"""

import datetime
import itertools
import json
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from pruning_jax import files
from pruning_jax.errors import WrongUse
from pruning_jax.workdir import locks, paths
from pruning_jax.workdir.damage import Damaged, json_object

MOST = 1 << 16
"""More processes than ever work in one workdir."""

TRAINING, WAITING, BETWEEN = "training", "waiting", "between groups"
"""What a process may be doing."""


@dataclass(frozen=True)
class Process:
    """What a process says of itself. Times are ISO 8601 in UTC, by the clock of its host."""

    host: str
    pid: int
    since: str  # when it began
    job: str = ""  # the job of a scheduler that it belongs to, if it is known
    doing: str = BETWEEN
    doing_since: str = ""
    cells: tuple[int, ...] = ()  # that it holds, by their places in `Experiment.cells`


def now() -> str:
    """The time as text: ISO 8601 in UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


class Here:
    """This process, as the others see it."""

    def __init__(self, workdir: Path, number: int) -> None:
        self.path = paths.process(workdir, number)
        job = [os.environ[n] for n in ("SLURM_ARRAY_JOB_ID", "SLURM_JOB_ID") if n in os.environ][:1]
        job += [os.environ[n] for n in ("SLURM_ARRAY_TASK_ID",) if n in os.environ]
        self.said = Process(socket.gethostname(), os.getpid(), now(), "_".join(job))
        self.says(BETWEEN)

    def says(self, doing: str, cells: Iterable[int] = ()) -> None:
        """Says what this process does from now on, and which cells it holds."""
        said = asdict(self.said) | {"doing": doing, "doing_since": now(), "cells": [*cells]}
        files.replace(self.path, lambda file: file.write(json.dumps(said).encode()))


@contextmanager
def registered(workdir: Path) -> Iterator[Here]:
    """Counts this process among those that work in a workdir.

    Raises:
      WrongUse: locks cannot be had.
    """
    slots = locks.byte_locks(paths.processes_lock(workdir))
    number = next(n for n in itertools.count() if slots.take([n]))
    for left in paths.processes(workdir).keys() - slots.held(MOST):  # by processes that were killed
        paths.process(workdir, left).unlink(missing_ok=True)
    here = None
    try:
        here = Here(workdir, number)
        yield here
    finally:
        if here:
            with suppress(OSError):
                here.path.unlink()
        slots.free([number])


def alive(workdir: Path) -> list[Process]:
    """The processes that work in a workdir now. One that has not yet said who it is is left out.

    Raises:
      WrongUse: it cannot be told, because the file system has no byte locks.
    """
    try:
        slots = locks.byte_locks(paths.processes_lock(workdir), writes=False)
    except FileNotFoundError:
        return []
    said = (_said(paths.process(workdir, number)) for number in sorted(slots.held(MOST)))
    return [process for process in said if process]


def _said(path: Path) -> Process | None:
    """What a process says of itself; None if that cannot be read."""
    try:
        content = json_object(path)
        return Process(**{**content, "cells": tuple(content["cells"])})
    except (Damaged, TypeError, KeyError):
        return None


def at_work(workdir: Path) -> int:
    """How many processes work in a workdir now."""
    try:
        return len(locks.byte_locks(paths.processes_lock(workdir), writes=False).held(MOST))
    except (FileNotFoundError, WrongUse):
        return 0


@dataclass(frozen=True)
class Failure:
    """How a group ended the last time it was worked on."""

    error: str
    host: str
    pid: int
    when: str
    cells: tuple[int, ...]


def failed(workdir: Path, name: str, error: str, cells: Iterable[int]) -> None:
    """Leaves word that a group ended with an error, so that other processes take it last."""
    what = asdict(Failure(error, socket.gethostname(), os.getpid(), now(), tuple(cells)))
    with suppress(OSError):
        path = paths.failure(workdir, name)
        files.replace(path, lambda file: file.write(json.dumps(what).encode()))


def mended(workdir: Path, name: str) -> None:
    """Takes that word back."""
    with suppress(OSError):
        paths.failure(workdir, name).unlink(missing_ok=True)


def failures(workdir: Path) -> dict[str, Failure]:
    """The groups that ended with an error, by their names; what cannot be read is left out."""
    found = {}
    for name, path in paths.failures(workdir).items():
        with suppress(Damaged, TypeError, KeyError):
            content = json_object(path)
            found[name] = Failure(**{**content, "cells": tuple(content["cells"])})
    return found
