"""What a user sees while it runs: one bar in a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from pruning_jax import runner


def duration(seconds: float) -> str:
    """A time as one says it: 45 s, 3 min 20 s, 2 h 05 min.

    >>> duration(200)
    '3 min 20 s'
    """
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"


class Display:
    """Shows Progress; the time left follows from the pace so far, the estimate before that."""

    def __init__(self, steps: int, seconds: float, bar: Progress | None) -> None:
        self.total, self.estimate, self.bar = steps, seconds, bar
        self.began, self.first = time.monotonic(), -1
        self.task = bar.add_task("", total=steps, left=duration(seconds)) if bar else None

    def show(self, at: runner.Progress) -> None:
        """Shows where a group stands."""
        if self.first < 0:
            self.first = at.steps
            self.began = time.monotonic()
        done, elapsed = at.steps - self.first, time.monotonic() - self.began
        share_left = (self.total - at.steps) / max(1, self.total)
        left = elapsed * (self.total - at.steps) / done if done else self.estimate * share_left
        text = f"{at.algorithm}  round {at.round}  density {at.density:.3g}"
        if self.bar is not None and self.task is not None:
            self.bar.update(self.task, completed=at.steps, description=text, left=duration(left))
        elif at.done:
            print(f"{text}  {at.steps / self.total:.0%} done  {duration(left)} left", flush=True)


@contextmanager
def display(steps: int, seconds: float) -> Iterator[Display]:
    """A display of `steps` steps that are estimated to take `seconds`."""
    if not sys.stdout.isatty():
        yield Display(steps, seconds, None)
        return
    columns = (
        TextColumn("{task.description:<46}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[left]} left"),
    )
    with Progress(*columns, console=Console()) as bar:
        yield Display(steps, seconds, bar)
