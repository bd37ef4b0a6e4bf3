"""Mirrors beside a run: each is a process of its own, whose errors are told of once."""

import importlib.util
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import Popen

from pruning_jax import plugins
from pruning_jax.errors import install, require
from pruning_jax.mirrors.follow import module
from pruning_jax.workdir import paths

GRACE, GRACE_AFTER_SIGNAL = 20.0, 3.0
"""How many seconds mirrors have for the last rows, once the run has ended or was stopped."""


def check(names: Sequence[str]) -> None:
    """Checks that mirrors can be had.

    Raises:
      WrongUse: there is none of a name, or its package is not installed.
    """
    for name in names:
        plugins.MIRRORS.check(name)
        needs = getattr(module(name), "NEEDS", "") if ":" not in name else ""
        require(
            not needs or importlib.util.find_spec(needs) is not None,
            f"mirror {name!r} needs the package {needs}: {install(name)}",
        )
        require(callable(plugins.MIRRORS.find(name)), f"mirror {name!r} is not a function")


class Mirrors:
    """The mirrors of a run; each is started once the workdir is there."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names, self.grace = tuple(dict.fromkeys(names)), GRACE
        self.started: dict[str, Popen] = {}
        self.dropped: set[str] = set()

    def start(self, workdir: Path) -> None:
        """Starts them."""
        for name in self.names:
            folder = paths.mirror(workdir, name)
            folder.mkdir(parents=True, exist_ok=True)
            self.started[name] = _started(workdir, name)
            watch = (self.started[name], name, folder, self.dropped)
            threading.Thread(target=_watch, args=watch, daemon=True).start()

    def end(self) -> None:
        """Lets them show the last rows, for `grace` seconds at most."""
        for child in self.started.values():
            with suppress(OSError):
                child.stdin.close()  # type: ignore[union-attr]
        until = time.monotonic() + self.grace
        for name, child in self.started.items():
            try:
                child.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.dropped.add(name)
                child.kill()
                print(
                    f"mirror {name} did not end {self.grace:.0f} s after the run, and is given up; "
                    "what it lacks is shown the next time",
                    file=sys.stderr,
                )


@contextmanager
def followed(names: Sequence[str]) -> Iterator[Mirrors]:
    """The mirrors of a run, to be started; they end with the context."""
    mirrors = Mirrors(names)
    try:
        yield mirrors
    finally:
        mirrors.end()


def _started(workdir: Path, name: str) -> Popen:
    """The process of a mirror; what it prints goes into a file of its folder."""
    line = [sys.executable, "-m", "pruning_jax.mirrors.follow", str(workdir), name]
    with _log(paths.mirror(workdir, name)).open("ab") as log:
        return Popen(line, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True)


def _log(folder: Path) -> Path:
    return folder / "mirror.log"


def _watch(child: Popen, name: str, folder: Path, dropped: set[str]) -> None:
    """Waits for a mirror, and tells of one that has ended by an error."""
    if child.wait() and name not in dropped:
        dropped.add(name)
        lines = _log(folder).read_text(errors="replace").strip().splitlines() or [""]
        print(
            f"mirror {name} has failed and is dropped, the run is not: {lines[-1][:300]} "
            f"({_log(folder)} has it all)",
            file=sys.stderr,
            flush=True,
        )
