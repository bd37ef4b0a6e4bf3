"""The process of a mirror: it looks for new rows in a workdir, until its input ends.

  python -m pruning_jax.mirrors.follow WORKDIR NAME

A run starts it and never waits for it. Where several processes share a run, one mirror of a name is
at work and the others wait for its place.
"""

import fcntl
import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from pruning_jax import files, plugins
from pruning_jax.errors import WrongUse
from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.workdir import paths
from pruning_jax.workdir.cellfiles import CellFiles, finished
from pruning_jax.workdir.columns import Row
from pruning_jax.workdir.described import described

SECONDS = 5.0
"""How often it looks for new rows."""


class Mirror:
    """A mirror at work. How far it has come stands in its folder."""

    def __init__(self, workdir: Path, name: str) -> None:
        self.workdir, self.folder = workdir, paths.mirror(workdir, name)
        self.write: Callable[[Path, Cell, Sequence[Row]], None] = plugins.MIRRORS.find(name)
        self.whole = bool(getattr(module(name), "WHOLE", False))
        self.place = self.folder / "shown.json"
        self.shown: dict[str, int] = {}
        self.seen: dict[Cell, int] = {}  # when the table of a cell was written, as last read

    def begin(self) -> None:
        """Reads how far an earlier process has come."""
        if self.place.exists():
            self.shown = json.loads(self.place.read_text())

    def go_on(self) -> None:
        """Shows the rows that are new."""
        experiment = described(self.workdir).experiment
        for cell in experiment.cells:
            table = paths.rounds(self.workdir, cell)
            written = table.stat().st_mtime_ns if table.exists() else 0
            if written and (self.whole or self.seen.get(cell) != written):
                self.seen[cell] = written
                self._cell(experiment, cell)

    def _cell(self, experiment: Experiment, cell: Cell) -> None:
        begin = self.shown.get(cell.folder, 0)
        if self.whole and begin:
            return
        giver = cell._replace(algorithm=experiment.algorithm(cell.algorithm).masks_from)
        own = (cell, giver) if giver.algorithm else (cell,)
        try:
            found = {each: CellFiles(self.workdir, each) for each in own}
        except WrongUse:
            return  # it is damaged, and the run mends it
        rows = found[cell].rows
        if len(rows) <= begin or (self.whole and not finished(found, cell, experiment.algorithm)):
            return
        self.write(self.folder, cell, rows[begin:])
        self.shown[cell.folder] = len(rows)
        text = json.dumps(self.shown).encode()
        files.replace(self.place, lambda file: file.write(text))


def module(name: str) -> object:
    """The module of a mirror."""
    own = name.partition(":")[0]
    return importlib.import_module(own if ":" in name else f"{plugins.MIRRORS.folder}.{name}")


def follow(workdir: Path, name: str) -> None:
    """Shows new rows until the input of this process ends, and what is there then."""
    over = threading.Event()

    def listen() -> None:
        while os.read(0, 1024):  # not by sys.stdin, which a thread may not hold when Python ends
            pass
        over.set()

    threading.Thread(target=listen, daemon=True).start()
    mirror = Mirror(workdir, name)
    with (mirror.folder / "lock").open("a+b") as lock:
        while not _taken(lock.fileno()):
            if over.wait(SECONDS):
                return
        mirror.begin()
        while not over.wait(SECONDS):
            mirror.go_on()
        mirror.go_on()


def _taken(lock: int) -> bool:
    """Whether this process has the lock of its mirror."""
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # its input ends when the run does
    os.nice(10)
    follow(Path(sys.argv[1]), sys.argv[2])
