"""Which examples an algorithm is trained on.

TIE are the top-improved examples, whose training loss pruning improves most (Jin et al. 2022, arXiv
2210.13738). How many they are is our decision.
"""

from collections.abc import Sequence
from pathlib import Path

import jax
import numpy as np

from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Experiment
from pruning_jax.grid import averages
from pruning_jax.grid.groups import Base, Group, Labels
from pruning_jax.training.streams import Stream, stream


def used_by(
    experiment: Experiment, group: Group, labels: Sequence[Labels], workdir: Path
) -> np.ndarray:
    """Whether each replica of a group is trained on each training example, bool [replicas, train].

    Args:
      labels: of each replica.
    """
    pairs = zip(group.bases, labels, strict=True)
    return np.stack([used(experiment, group.algorithms[0], *pair, workdir) for pair in pairs])


def used(
    experiment: Experiment, algorithm: Algorithm, base: Base, labels: Labels, workdir: Path
) -> np.ndarray:
    """Whether each training example is trained on, bool [train]."""
    size = len(labels.chosen)
    count = experiment.left_out(algorithm, base.noise_rate)
    if algorithm.without == "noisy":
        return ~labels.chosen
    if algorithm.without == "random":
        key = stream(jax.random.key(base.seed), Stream.REMOVAL, algorithm.control_round)
        return np.asarray(jax.random.permutation(key, size)) >= count
    if algorithm.without == "top_improved":
        gains = averages.improvement(experiment, algorithm, base.noise_rate, workdir)
        own = gains[experiment.seeds.index(base.seed)]
        first = np.argsort(-own, kind="stable")[:count]  # ties by place; NaN comes last
        return ~np.isin(np.arange(size), first)
    return np.ones(size, bool)
