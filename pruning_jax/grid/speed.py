"""How many seconds groups take at a speed that was estimated or measured."""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import numpy as np

from pruning_jax.experiment.recipe import Recipe
from pruning_jax.grid import cost
from pruning_jax.grid.groups import Group
from pruning_jax.pruning import rounds
from pruning_jax.pruning.moments import Stack
from pruning_jax.training import streaming

ROUND, CELL = 0.05, 0.006
"""The seconds in which a round of a group is pruned and saved, and the files of each of its cells
are written: as on a core of a Xeon, because they matter for short trainings only."""


class Speed(NamedTuple):
    """The seconds that a whole stack of replicas takes."""

    compilation: float  # of all programs of a recipe
    epoch: float  # to shuffle the examples
    step: float
    evaluation: float  # of all examples

    def work(self, group: Group) -> float:
        """The seconds of a whole group, once its programs are compiled."""
        steps, rounds = cost.steps(group), sum(a.rounds for a in group.algorithms)
        training = steps * (self.step + self.epoch / group.recipe.steps_per_epoch)
        files = CELL * len(group.bases) * (rounds + len(group.algorithms))
        return training + (1 + rounds) * (self.evaluation + ROUND) + files


class Seconds(NamedTuple):
    """What a group takes."""

    compilation: float
    work: float


def seconds(groups: Sequence[Group], speed: Callable[[Group], Speed]) -> list[Seconds]:
    """What the groups take that a process runs one after the other.

    Groups of one recipe and one number of replicas share their programs: the first compiles them.
    """
    speeds: dict[tuple[Recipe, int], Speed] = {}
    needed = []
    for group in groups:
        kind = group.recipe, len(group.bases)
        first = kind not in speeds
        own = speeds[kind] = speed(group) if first else speeds[kind]
        needed.append(Seconds(own.compilation if first else 0.0, own.work(group)))
    return needed


def measure(recipe: Recipe, stack: Stack) -> Speed:
    """How fast a stack is trained here: a few steps of the very program that will run."""
    if stack.reader:
        return _measure_streamed(recipe, stack)
    moment = rounds.create(recipe, stack)

    def seconds(count: int) -> float:
        begin = time.perf_counter()
        rounds.fit(recipe, stack, moment, count)
        return time.perf_counter() - begin

    compilation = seconds(1)
    call, count, elapsed = min(seconds(1), seconds(1)), 1, 0.0
    while elapsed < 0.3 + call and count < recipe.steps_per_epoch:
        count = min(2 * count, recipe.steps_per_epoch)
        elapsed = seconds(count)
    step = max(elapsed - call, 1e-9) / max(1, count - 1) if count > 1 else call
    begin = time.perf_counter()
    rounds.evaluate(recipe, stack, moment)
    compilation += time.perf_counter() - begin
    begin = time.perf_counter()
    rounds.evaluate(recipe, stack, moment)
    return Speed(compilation, max(0.0, call - step), step, time.perf_counter() - begin)


def _measure_streamed(recipe: Recipe, stack: Stack) -> Speed:
    """The same where images are read as they are needed; a batch is evaluated, not everything."""
    assert stack.reader is not None
    moment = rounds.create(recipe, stack)
    last = min(3, recipe.steps)
    times = [time.perf_counter()]
    for stop in range(1, last + 1):
        moment = moment._replace(state=rounds.fit(recipe, stack, moment, stop), step=stop)
        times.append(time.perf_counter())
    replica = stack.replicas(moment.state, moment.mask)
    for _ in range(2):
        jax.device_get(
            streaming.evaluate(recipe, stack.reader, replica, stack.images, recipe.batch_size)
        )
        times.append(time.perf_counter())
    spent = np.diff(times)
    step = float(min(spent[1:last], default=spent[0]))
    batches = -(-stack.labels.shape[1] // recipe.batch_size)
    return Speed(float(spent[0] + spent[-2]), 0.0, step, float(spent[-1]) * batches)
