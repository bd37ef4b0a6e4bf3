"""What SIGTERM and SIGINT do to a command, from its first line to its last.

A command imports this module before all others, so it imports nothing that takes time.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

STOPPED = 75
"""The exit status of a command that was stopped by a signal: the same command goes on."""

SIGNALS = (signal.SIGTERM, signal.SIGINT)
AT_ONCE = "stopped by a signal at once; the same command goes on from what is saved\n"


def at_once() -> None:
    """From now on a signal ends this process at once, with a line and the status STOPPED.

    That is right wherever nothing is lost by it: while modules are imported, a configuration is
    checked, data are read. Like a process that is killed it cleans nothing up, which may happen at
    any moment anyway; an exception would be caught by whatever runs just then.
    """
    for number in SIGNALS:
        signal.signal(number, _leave)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # a launcher may have held them back


def over() -> None:
    """From now on signals are ignored: the process ends in a moment, and its status is settled."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _leave(number: int, frame: FrameType | None) -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # it may be in the middle of a line
            stream.flush()
    with suppress(OSError):
        os.write(1, AT_ONCE.encode())
    os._exit(STOPPED)


@contextmanager
def noted() -> Iterator[Callable[[], int]]:
    """Whether SIGTERM or SIGINT has come, as a function: its number, or 0.

    The work within ends at the next moment that can be saved. A second SIGINT does what it did
    before: it ends a command at once, and raises KeyboardInterrupt in a notebook. A second SIGTERM
    does nothing, because schedulers send several. Handlers of signals can be set in the main thread
    alone; elsewhere none is noted.
    """
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        again = number == signal.SIGINT and number in came
        came.append(number)
        handler = before[signal.SIGINT]
        if again and callable(handler):
            handler(number, frame)
        elif again:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    def last() -> int:
        return came[-1] if came else 0

    if threading.current_thread() is not threading.main_thread():
        yield last
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, note)
    try:
        yield last
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
