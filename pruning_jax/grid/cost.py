"""What a group costs, before it is run: steps and memory."""

import jax
import numpy as np

from pruning_jax.data.sources import Spec
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Experiment
from pruning_jax.grid import operations
from pruning_jax.grid.groups import Algorithms, Group
from pruning_jax.pruning import rounds
from pruning_jax.pruning.moments import Moment
from pruning_jax.training import devices, state
from pruning_jax.training.devices import Target


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


def at_once(experiment: Experiment, spec: Spec, target: Target | None = None) -> int:
    """How many replicas fit into memory: half of what is free, the images set aside.

    Args:
      target: the devices that will compute them; by default those that are here.
    """
    if spec.streamed:
        return 1
    examples = spec.train_size + spec.test_size
    images = examples * int(np.prod(spec.image_shape))
    own = target or devices.here()
    count = len(own.devices)
    free = devices.free_bytes(own) - images * (count if own.on_cpu else 1)
    fit = max(1, free // 2 // bytes_per_replica(experiment, examples))
    return fit if own.on_cpu else fit * count
