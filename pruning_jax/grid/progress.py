"""What a user sees while it runs: one bar in a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from pruning_jax.grid.at_work import Progress as At


def duration(seconds: float) -> str:
    """A time as one says it: 45 s, 3 min 20 s, 2 h 05 min.

    >>> duration(200.0)
    '3 min 20 s'
    """
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"


class Display:
    """Shows how much of `total`, in estimated seconds, is done, and the time left: at first by
    the estimate, then by the pace, which leaves out the first twentieth."""

    def __init__(self, total: float, bar: Progress | None) -> None:
        self.total, self.bar = total, bar
        self.first = -1.0  # how much was done when this process began
        self.paced: tuple[float, float] | None = None  # a moment, and how much was done then
        self.task = bar.add_task("starting", total=total, left="") if bar else None

    def begin(self, name: str) -> None:
        """Says that the programs of a group are compiled, which its first step waits for."""
        if self.bar is not None and self.task is not None:
            self.bar.update(self.task, description=f"{name}  compiling")

    def show(self, at: At, done: float) -> None:
        """Shows where the run stands."""
        left = duration(self._pace(done) * (self.total - done))
        text = f"{at.algorithm}  round {at.round}  density {at.density:.3g}"
        if self.bar is not None and self.task is not None:
            self.bar.update(self.task, completed=done, description=text, left=f"{left} left")
        elif at.done:
            print(f"{text}  {done / self.total:.0%} done  {left} left", flush=True)

    def _pace(self, done: float) -> float:
        """The seconds that one estimated second takes."""
        now = time.monotonic()
        if self.first < 0:
            self.first = done
        if self.paced is None and done - self.first > self.total / 20:
            self.paced = (now, done)
        if self.paced is None or done == self.paced[1]:
            return 1.0
        return (now - self.paced[0]) / (done - self.paced[1])


@contextmanager
def display(total: float) -> Iterator[Display]:
    """A display of `total` estimated seconds: a bar in a terminal, else plain lines."""
    print(f"about {duration(total)} for all of it, of which some may be done already", flush=True)
    if not sys.stdout.isatty():
        yield Display(total, None)
        return
    columns = (
        TextColumn("{task.description:<46}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[left]}"),
    )
    with Progress(*columns, console=Console()) as bar:
        yield Display(total, bar)
