"""What a group costs: steps, bytes, and seconds, estimated or measured, before it is run."""

import time
from typing import NamedTuple

import jax
import numpy as np

from pruning_jax.data.sources import Spec
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Experiment
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.grid import operations
from pruning_jax.grid.calibration import Calibration
from pruning_jax.grid.groups import Algorithms, Group
from pruning_jax.pruning import rounds
from pruning_jax.pruning.moments import Moment, Stack
from pruning_jax.training import devices, state, streaming


def _retraining(group: Group, algorithms: Algorithms) -> int:
    """The steps of all rounds after the dense one."""
    return sum(a.rounds * rounds.length(group.recipe, a) for a in algorithms)


def steps(group: Group) -> int:
    """Optimizer steps of each replica of a group, all algorithms and rounds."""
    return group.recipe.steps + _retraining(group, group.algorithms)


def steps_done(group: Group, algorithm: Algorithm, moment: Moment) -> int:
    """Those of `steps` that lie behind a moment of an algorithm's rounds."""
    before = group.algorithms[: group.algorithms.index(algorithm)]
    behind = group.recipe.steps + _retraining(group, before)
    left = moment.stop - moment.step
    return behind + moment.round * rounds.length(group.recipe, algorithm) - left


def _nbytes(tree: object) -> int:
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))


def bytes_per_replica(experiment: Experiment, examples: int) -> int:
    """An estimate of the device memory that each replica adds.

    The dense, the trained, the old and the new state and the anchors; gradients and masks;
    labels and per-example results; activations of a batch, forward and backward, where
    replicas are computed side by side.
    """
    recipe = experiment.recipe
    one = state.shapes(recipe)
    anchors = len({a.rewind_to for a in experiment.algorithms})
    total = (4 + anchors) * _nbytes(one) + 3 * _nbytes(one.params) + 24 * examples
    return total + (3 * operations.activations(recipe) if recipe.engine.replicas == "vmap" else 0)


def at_once(experiment: Experiment, spec: Spec) -> int:
    """How many replicas fit into memory: half of what is free, the images set aside."""
    if spec.streamed:
        return 1
    examples = spec.train_size + spec.test_size
    images = examples * int(np.prod(spec.image_shape))
    count = jax.device_count()
    free = devices.free_bytes() - images * (count if devices.on_cpu() else 1)
    fit = max(1, free // 2 // bytes_per_replica(experiment, examples))
    return fit if devices.on_cpu() else fit * count


def disk_bytes(experiment: Experiment) -> int:
    """An estimate of the files of a whole run, checkpoints included."""
    one = state.shapes(experiment.recipe)
    variants = len({a.variant for a in experiment.algorithms})
    cells = len(experiment.noise_rates) * len(experiment.seeds)
    anchors = len({a.rewind_to for a in experiment.algorithms})
    checkpoints = variants * cells * (4 + anchors) * _nbytes(one)
    per_round = 10_000 + state.weights_total(experiment.recipe) // 6
    per_round += 5 * experiment.recipe.train_size
    if experiment.save_params:
        per_round += _nbytes(one.params)
    all_rounds = sum(a.rounds + 1 for a in experiment.algorithms) * cells
    return checkpoints + all_rounds * per_round


class Speed(NamedTuple):
    """The seconds that a whole stack takes."""

    compilation: float
    call: float  # a call of `fit`, and the order of the examples of one epoch
    step: float
    evaluation: float

    def training(self, group: Group) -> float:
        """The seconds of a whole group, once everything is compiled.

        Files and pruning, some per cent, are left out.
        """
        count = steps(group)
        ends = 1 + sum(a.rounds for a in group.algorithms)
        per_epoch = self.call / group.recipe.steps_per_epoch
        return count * (self.step + per_epoch) + ends * self.evaluation

    def pace(self, recipe: Recipe) -> int:
        """Steps between two moments: some seconds, in whole epochs if they are short."""
        length = recipe.steps_per_epoch
        epoch = self.call + length * self.step
        if epoch > 10:
            return max(1, round(5 / self.step))
        return max(1, round(2 / epoch)) * length


COMPILATION = 1.3e-3
"""Seconds that XLA needs for each instruction of a step, about, on one core."""


def estimate(recipe: Recipe, count: int, examples: int, machine: Calibration) -> Speed:
    """How fast a stack of `count` replicas is trained, without compiling or running it.

    Operations and bytes are those of the lowered program of one step; how long they take is known
    from the calibration. Where replicas share a device they are assumed to take turns.

    Args:
      examples: how many are evaluated at the end of a round.
    """
    turns = devices.padded(recipe, count) // devices.mesh(recipe, count).shape[devices.REPLICA]
    share = turns / recipe.engine.batch_devices
    step, forward = operations.step(recipe), operations.forward(recipe)
    if operations.convolutional(recipe):
        training, evaluation = (machine.byte * count.bytes for count in (step, forward))
    else:
        training = machine.step + machine.operation * step.operations
        evaluation = machine.operation * forward.operations
    return Speed(
        compilation=COMPILATION * (step.instructions + forward.instructions),
        call=turns * machine.example * recipe.train_size,
        step=share * training,
        evaluation=share * evaluation * examples / recipe.batch_size,
    )


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
