"""How many steps are trained between two moments at which a run can be stopped."""

from pruning_jax.pruning.moments import Moment

SECONDS = 5.0
"""The time aimed at between two moments: a signal is not kept waiting longer than that."""


class Pace:
    """Decides at which step training pauses next. It begins with a single step, which compiles the
    program, and adapts to the speed that it sees. Results do not depend on it.

    >>> pace = Pace(steps_per_epoch=10)
    >>> pace(0)
    1
    """

    def __init__(self, steps_per_epoch: int) -> None:
        self.epoch, self.steps = steps_per_epoch, 1
        self.last: Moment | None = None

    def __call__(self, step: int) -> int:
        """The step at which to pause after `step`: the end of an epoch where epochs are short."""
        pause = step + self.steps
        return pause if self.steps < self.epoch else pause // self.epoch * self.epoch

    def saw(self, moment: Moment) -> None:
        """Takes note of a moment that was reached. Only pauses inside one round are compared,
        because a round also evaluates and prunes."""
        last, self.last = self.last, moment
        if last is None or moment.done or last.round != moment.round or moment.step <= last.step:
            return
        seconds = max(moment.seconds - last.seconds, 1e-9)
        wanted = round((moment.step - last.step) * SECONDS / seconds)
        self.steps = max(1, min(8 * self.steps, wanted))
