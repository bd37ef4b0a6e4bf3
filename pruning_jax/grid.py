"""The grid: cells, their division into groups, and what each replica's labels are."""

from collections.abc import Iterable
from typing import NamedTuple

import jax
import numpy as np

from pruning_jax import noise
from pruning_jax.config import Algorithm
from pruning_jax.data import Division
from pruning_jax.experiment import Cell, Experiment
from pruning_jax.streams import Stream, stream


class Base(NamedTuple):
    """What decides a round 0: algorithms that share it share it bit for bit."""

    noise_rate: float
    seed: int


class Group(NamedTuple):
    """Replicas that are trained at once, and the algorithms that run on them.

    The unit of a process and of resuming. Groups never wait for one another.
    """

    bases: tuple[Base, ...]
    algorithms: tuple[Algorithm, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        return tuple(Cell(a.name, *base) for a in self.algorithms for base in self.bases)


def groups(experiment: Experiment, at_once: int, shares: int = 1) -> tuple[Group, ...]:
    """The groups of a grid: at most `at_once` replicas in each, and at least `shares` groups
    where there are as many to be had.

    Replicas are divided first; algorithms only where there are more shares than replicas.
    An algorithm stays with the one whose masks it takes.
    """
    bases = [Base(r, s) for r in experiment.noise_rates for s in experiment.seeds]
    count = min(len(bases), max(shares, -(-len(bases) // at_once)))
    parts = [bases[i * len(bases) // count : (i + 1) * len(bases) // count] for i in range(count)]
    bundles = [experiment.algorithms]
    if shares > len(bases):
        bundles = list(_bundles(experiment.algorithms))
    return tuple(Group(tuple(part), bundle) for part in parts for bundle in bundles)


def _bundles(algorithms: tuple[Algorithm, ...]) -> Iterable[tuple[Algorithm, ...]]:
    for algorithm in algorithms:
        if not algorithm.masks_from:
            followers = tuple(a for a in algorithms if a.masks_from == algorithm.name)
            yield (algorithm, *followers)


class Labels(NamedTuple):
    """The labels of one replica, in the order of a Division."""

    given: np.ndarray  # int32 [n]: to train on, and to evaluate against
    is_noisy: np.ndarray  # bool [train]
    noisy_validation: np.ndarray  # int32 [validation], as noisy as the training labels


def labels(experiment: Experiment, division: Division, base: Base) -> Labels:
    """The labels of a replica. For one seed, noise is nested over the rates."""
    data = experiment.data
    matrix = None if data.transition_matrix is None else jax.numpy.array(data.transition_matrix)
    parts = []
    for index, part in enumerate((division.train, division.validation)):
        parts.append(
            noise.corrupt(
                jax.numpy.asarray(division.labels[part]),
                kind=data.noise_kind,
                rate=base.noise_rate,
                key=stream(jax.random.key(base.seed), Stream.LABEL_NOISE, index),
                num_classes=experiment.recipe.num_classes,
                transition=matrix,
            )
        )
    train, validation = parts
    given = division.labels.copy()
    given[division.train] = train.labels
    if data.noisy_validation:
        given[division.validation] = validation.labels
    return Labels(given, np.asarray(train.is_noisy), np.asarray(validation.labels))
