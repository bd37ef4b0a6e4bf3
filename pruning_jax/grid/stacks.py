"""A group's replicas, laid out on the devices."""

from collections.abc import Sequence

import jax
import numpy as np
from jaxtyping import Bool

from pruning_jax.data.division import Division
from pruning_jax.experiment.cells import Experiment
from pruning_jax.grid import snapshots
from pruning_jax.grid.groups import Group, Labels, labels_of
from pruning_jax.pruning.moments import Stack
from pruning_jax.training import replicas
from pruning_jax.training.examples import Images
from pruning_jax.training.streaming import Reader

Used = Bool[np.ndarray, " train"]


def stack(
    division: Division, group: Group, labels: Sequence[Labels], used: Sequence[Used]
) -> Stack:
    """A group's replicas on the devices.

    Args:
      labels: of each replica.
      used: for each replica, which of the training examples it is trained on.
    """
    order = snapshots.rows(group.recipe, group.bases)
    keys = jax.numpy.stack([jax.random.key(group.bases[i].seed) for i in order])
    given = np.stack([labels[i].given for i in order])
    places = np.stack([np.flatnonzero(used[i]).astype(np.int32) for i in order])
    keys, given, places = replicas.stack(group.recipe, (keys, given, places), len(order))
    shared = (division.pixels, division.mean, division.std)
    images = Images(*replicas.share(group.recipe, shared, len(order)))
    reader = Reader(division.encoded) if division.streamed else None
    return Stack(keys, given, places, images, reader)


def trial(experiment: Experiment, group: Group, division: Division) -> Stack:
    """A group's replicas with as many examples as it is trained on, whichever these will be."""
    labels = [labels_of(experiment, division, base) for base in group.bases]
    used = np.arange(experiment.recipe.train_size) < group.recipe.train_size
    return stack(division, group, labels, [used] * len(labels))
