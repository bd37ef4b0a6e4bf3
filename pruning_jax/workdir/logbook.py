"""What a process prints: kept with the time in a file of the workdir, or printed as JSON.

    with logbook.kept():
        ...
        logbook.begin(workdir)  # once the workdir is known to be fit for use

What is printed before `begin` goes into the file then; without it there is no file. A full disk
ends the log, not the run.
"""

import json
import logging
import logging.handlers
import os
import re
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pruning_jax.errors import WrongUse
from pruning_jax.workdir import paths

LOGGER = logging.getLogger("pruning_jax.printed")
LOGGER.propagate = False

TIME = "%Y-%m-%dT%H:%M:%SZ"
"""Times are UTC, so that logs of several hosts can be compared."""

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""What moves the cursor of a terminal or colours its text."""


class Printed:
    """A stream whose lines are logged, too. In all else it is the stream."""

    def __init__(self, stream: Any) -> None:
        self.stream, self.begun = stream, ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        self.stream.write(text)
        self.log(text)
        return len(text)

    def log(self, text: str) -> None:
        """Logs the lines that end in a text; of a line that was drawn again, the last state."""
        *lines, rest = CONTROL.sub("", self.begun + text).split("\n")
        for line in lines:
            self.line(line.rpartition("\r")[2])
        self.begun = rest.rpartition("\r")[2]

    def line(self, line: str) -> None:
        """Logs a line."""
        if line.strip():
            LOGGER.info(line)


class AsJson(Printed):
    """A stream on which each line becomes an event: one JSON object in a line."""

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> int:
        self.log(text)
        return len(text)

    def line(self, line: str) -> None:
        if line.strip():
            self.emit("message", text=line)

    def emit(self, event: str, **fields: Any) -> None:
        """Prints an event."""
        text = as_json(event, **fields)
        self.stream.write(f"{text}\n")
        self.stream.flush()
        LOGGER.info(text)


def as_json(event: str, **fields: Any) -> str:
    """An event as a JSON object in one line, with the time."""
    return json.dumps({"time": time.strftime(TIME, time.gmtime()), "event": event, **fields})


def emit(event: str, **fields: Any) -> bool:
    """Prints an event if events are printed; whether they are.

    Args:
      fields: what JSON can hold.
    """
    stream = sys.stdout
    if isinstance(stream, AsJson):
        stream.emit(event, **fields)
        return True
    return False


class File(logging.FileHandler):
    """The file of a log, which nobody is told of if it cannot be written."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802
        LOGGER.removeHandler(self)
        self.close()

    def close(self) -> None:
        with suppress(OSError):
            super().close()


@contextmanager
def kept(*, as_events: bool = False) -> Iterator[None]:
    """Keeps what is printed.

    Args:
      as_events: print it as events, each a JSON object in a line.
    """
    LOGGER.setLevel(logging.INFO)
    memory = logging.handlers.MemoryHandler(100_000, logging.CRITICAL + 1, flushOnClose=False)
    LOGGER.addHandler(memory)
    before = sys.stdout, sys.stderr
    sys.stdout = AsJson(before[0]) if as_events else Printed(before[0])  # type: ignore[assignment]
    sys.stderr = Printed(before[1])  # type: ignore[assignment]
    try:
        yield
    except WrongUse as error:
        if not emit("failed", text=str(error)):
            LOGGER.error(str(error))
        raise
    except Exception as error:
        emit("failed", text=f"{type(error).__name__}: {error}")
        LOGGER.exception("ended by an error")
        raise
    finally:
        sys.stdout, sys.stderr = before
        for handler in [*LOGGER.handlers]:
            LOGGER.removeHandler(handler)
            handler.close()


def begin(workdir: Path) -> None:
    """Opens the file of this process, and writes what was printed so far; only inside `kept`."""
    for memory in [*LOGGER.handlers]:
        if isinstance(memory, logging.handlers.MemoryHandler):
            LOGGER.removeHandler(memory)
            path = paths.log(workdir, socket.gethostname(), os.getpid())
            with suppress(OSError):
                path.parent.mkdir(exist_ok=True)
                file = File(path)
                form = logging.Formatter("%(asctime)s %(message)s", TIME)
                form.converter = time.gmtime
                file.setFormatter(form)
                LOGGER.addHandler(file)
                memory.setTarget(file)
                memory.flush()
