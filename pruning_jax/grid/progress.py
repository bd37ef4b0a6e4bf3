"""What a user sees while it runs: a bar in a terminal or a notebook, plain lines elsewhere."""

import html
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, runtime_checkable

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column

from pruning_jax.experiment.reading import ROUND_0
from pruning_jax.grid.at_work import Progress as At
from pruning_jax.wording import percent
from pruning_jax.workdir import logbook
from pruning_jax.workdir.forecast import duration


@runtime_checkable
class Screen(Protocol):
    """Where progress is shown."""

    drawn_again: bool  # whether it shows every moment in one place, or only finished rounds

    def update(self, text: str, part: float, left: str) -> None:
        """Shows what is being done, how much of all is done (0 to 1), and the time left."""
        ...


class Lines:
    """One line for each finished round."""

    drawn_again = False

    def update(self, text: str, part: float, left: str) -> None:
        print(f"{text}  {100 * part:.0f} % done  {left} left", flush=True)


class Terminal:
    """A bar at the bottom of a terminal."""

    drawn_again = True

    def __init__(self, bar: Progress) -> None:
        self.bar, self.task = bar, bar.add_task("", total=1.0, left="")

    def update(self, text: str, part: float, left: str) -> None:
        left = f"{left} left" if left else ""
        self.bar.update(self.task, completed=part, description=text, left=left)


class Nowhere:
    """No place: events tell of the progress."""

    drawn_again = False

    def update(self, text: str, part: float, left: str) -> None:
        pass


class Notebook:
    """A bar in the output of a notebook's cell, which is drawn over again each time."""

    drawn_again = True

    def __init__(self) -> None:
        from IPython.display import DisplayHandle  # here: only notebooks have it

        self.shown = DisplayHandle()
        self.shown.display({"text/plain": ""}, raw=True)

    def update(self, text: str, part: float, left: str) -> None:
        plain = f"{text}  {100 * part:.0f} % done" + (f"  {left} left" if left else "")
        bar = f'<progress value="{part:.4f}" max="1" style="width: 20em"></progress>'
        drawn = f"{bar} <code>{html.escape(plain)}</code>"
        self.shown.update({"text/plain": plain, "text/html": drawn}, raw=True)


TRUST = 0.1
"""How much the estimate counts beside what is seen: as if so much of all had taken as long as it
was estimated to. Without it, what the first rounds compile would speak for all that follows."""


class Display:
    """Shows how much of `total`, in estimated seconds, is done, and the time left: at first by
    the estimate, and more and more by the pace since the first group began.

    All of that time counts, because groups compile again and again: each with a network or a number
    of examples of its own, and not only before its first step.
    """

    def __init__(self, total: float, screen: Screen) -> None:
        self.total, self.screen = total, screen
        self.done = 0.0  # as last shown
        self.began: float | None = None  # when the first group began
        self.behind = 0.0  # how much was done, with its programs, at its first step
        self.free: float | None = None  # how much is done that took no time here
        self.algorithm = ""  # as last shown of this group

    def begin(self, name: str, behind: float = 0.0) -> None:
        """Says that the programs of a group are compiled, which its first step waits for.

        Args:
          behind: how much is done once they are, if nothing of the group was done before.
        """
        self.algorithm = ""
        if self.began is None:
            self.began, self.behind = time.monotonic(), behind
        if self.screen.drawn_again:
            self.screen.update(f"{name}  compiling", self._part, "")

    def show(self, at: At, done: float) -> None:
        """Shows where the run stands."""
        seconds = max(0.0, self._pace(at, done) * (self.total - done))
        self.done = done
        text = f"{at.algorithm}  round {at.round}  density {percent(at.density)}"
        if at.done or self.screen.drawn_again:
            self.screen.update(text, self._part, duration(seconds))
        if at.done and self.screen.drawn_again:
            logbook.LOGGER.info("%s  %.0f %% done", text, 100 * self._part)
        if at.done:
            logbook.emit(
                "round",
                algorithm=at.algorithm,
                round=at.round,
                density=at.density,
                part=round(self._part, 4),
                seconds_left=round(seconds, 1),
            )

    @property
    def _part(self) -> float:
        return min(1.0, self.done / max(self.total, 1e-9))

    def _pace(self, at: At, done: float) -> float:
        """The seconds that one estimated second takes."""
        now = time.monotonic()
        if self.began is None:
            self.began = now
        if self.free is None:
            self.free = done - self.behind  # in a group that an earlier process had begun
        elif at.algorithm != self.algorithm and self.algorithm not in ("", ROUND_0):
            self.free += done - self.done  # the rounds that a collapse left out, and one more
        self.algorithm = at.algorithm
        trust = max(TRUST * self.total, 1e-9)
        return (trust + now - self.began) / (trust + done - self.free)


def in_notebook() -> bool:
    """Whether the output goes to the cell of a notebook."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")


def waiting(text: str) -> None:
    """Says what this process waits for."""
    if not logbook.emit("waiting", text=text):
        print(text, flush=True)


def bar_in(console: Console) -> Progress:
    """A bar with what is done and left; a long name goes on in the next line."""
    return Progress(
        BarColumn(bar_width=14),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[left]:<15}"),
        TextColumn("{task.description}", table_column=Column(overflow="fold")),
        console=console,
    )


@contextmanager
def display(total: float, begun: bool) -> Iterator[Display]:
    """A display of `total` estimated seconds, of which some may be done if the run has `begun`."""
    if logbook.emit("started", seconds=round(total, 1)):
        yield Display(total, Nowhere())
        return
    some = ", of which some may be done already" if begun else ""
    print(f"about {duration(total)} for all of it{some}", flush=True)
    if in_notebook():
        yield Display(total, Notebook())
    elif sys.stdout.isatty():
        with bar_in(Console()) as bar:
            yield Display(total, Terminal(bar))
    else:
        yield Display(total, Lines())
