"""What a group costs: steps, bytes, seconds; the latter two before anything is run."""

import time
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from pruning_jax import devices, models, replicas, rounds, state, streaming
from pruning_jax.config import Algorithm, Recipe
from pruning_jax.data import Spec
from pruning_jax.experiment import Experiment
from pruning_jax.grid import Algorithms, Group
from pruning_jax.rounds import Moment, Stack


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
    left = rounds.end(group.recipe, algorithm) - moment.step
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
    return total + (3 * activations(recipe) if replicas.way(recipe) == "vmap" else 0)


def activations(recipe: Recipe) -> int:
    """The bytes of what the layers of a network give for a batch, which a step has to keep."""
    one = state.shapes(recipe)
    kind = jnp.bfloat16 if recipe.precision == "bfloat16" else jnp.float32
    _, kept = jax.eval_shape(
        lambda v, x: models.build(recipe).apply(v, x, capture_intermediates=True, mutable=True),
        {"params": one.params, "batch_stats": one.statistics},
        jax.ShapeDtypeStruct((recipe.batch_size, *recipe.image_shape), kind),
    )
    return _nbytes(kept["intermediates"])


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
    """Seconds that a whole stack takes, measured."""

    compilation: float
    call: float  # a call of `fit` and the order of one epoch
    step: float
    evaluation: float

    def training(self, group: Group) -> float:
        """The seconds of a whole group, once all is compiled; files and pruning, some per cent,
        are left out."""
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


def measure(recipe: Recipe, stack: Stack) -> Speed:
    """How fast a stack is trained here: a few steps of the very program that will run."""
    if stack.reader:
        return _measure_streamed(recipe, stack)
    moment = Moment(0, 0, False, *rounds.create(recipe, stack.keys), anchors={})

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
    moment = Moment(0, 0, False, *rounds.create(recipe, stack.keys), anchors={})
    last = min(3, recipe.steps)
    times = [time.perf_counter()]
    for stop in range(1, last + 1):
        moment = moment._replace(state=rounds.fit(recipe, stack, moment, stop), step=stop)
        times.append(time.perf_counter())
    own = (moment.state, moment.mask, stack.labels, stack.keys)
    for _ in range(2):
        jax.device_get(
            streaming.evaluate(recipe, stack.reader, own, stack.examples, recipe.batch_size)
        )
        times.append(time.perf_counter())
    spent = np.diff(times)
    step = float(min(spent[1:last], default=spent[0]))
    batches = -(-stack.labels.shape[1] // recipe.batch_size)
    return Speed(float(spent[0] + spent[-2]), 0.0, step, float(spent[-1]) * batches)
