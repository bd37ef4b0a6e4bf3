"""A trace of some steps of training, made by JAX's profiler."""

from collections.abc import Generator, Iterator
from pathlib import Path

import jax

from pruning_jax.grid.at_work import Progress
from pruning_jax.grid.pace import Pace
from pruning_jax.workdir import paths


class Trace:
    """Traces at least so many steps of the first group that a process works on.

    The first pause of training comes after one step, which compiles the program. From there to the
    next pause the profiler is at work.
    """

    def __init__(self, workdir: Path, steps: int) -> None:
        """`steps` 0: nothing is traced."""
        self.folder, self.steps = paths.profile(workdir), steps
        self.begun = False

    def of(self, moments: Iterator[Progress], pace: Pace) -> Generator[Progress, None, None]:
        """The moments of a group as they are, with the trace made on the way."""
        for at in moments:
            if self.begun:
                self._end()
            elif self.steps and not at.done:
                self._begin(pace)
            yield at
        if self.begun:
            self._end()

    def _begin(self, pace: Pace) -> None:
        jax.profiler.start_trace(self.folder)
        pace.steps, self.begun = self.steps, True

    def _end(self) -> None:
        jax.profiler.stop_trace()
        self.begun, self.steps = False, 0
        print(f"a trace of the profiler is in {self.folder}", flush=True)
