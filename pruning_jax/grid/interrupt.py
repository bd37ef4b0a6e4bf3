"""Stopping a run: a signal is noted, and the run ends at the next moment that can be saved."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def noted() -> Iterator[Callable[[], int]]:
    """Whether SIGTERM or SIGINT has come, as a function: its number, or 0.

    A second one ends the process at once. Handlers of signals can be set in the main thread
    alone; elsewhere none is noted.
    """
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)
        signal.signal(number, signal.SIG_DFL)

    def last() -> int:
        return came[-1] if came else 0

    if threading.current_thread() is not threading.main_thread():
        yield last
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield last
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
