"""The grid: cells, their division into groups, and what each replica's labels are."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import jax
import numpy as np

from pruning_jax import noise
from pruning_jax.config import Algorithm, Recipe
from pruning_jax.data import Division
from pruning_jax.experiment import Cell, Experiment
from pruning_jax.streams import Stream, stream

Algorithms: TypeAlias = tuple[Algorithm, ...]


class Base(NamedTuple):
    """What decides a round 0: algorithms that share it share it bit for bit."""

    noise_rate: float
    seed: int


class Group(NamedTuple):
    """Replicas that are trained at once by one recipe, and the algorithms that run on them.

    The unit of a process and of resuming. Groups never wait for one another.
    """

    recipe: Recipe
    bases: tuple[Base, ...]
    algorithms: tuple[Algorithm, ...]  # of one variant: they share round 0

    @property
    def cells(self) -> tuple[Cell, ...]:
        return tuple(Cell(a.name, *base) for a in self.algorithms for base in self.bases)


def groups(experiment: Experiment, at_once: int, shares: int = 1) -> tuple[Group, ...]:
    """The groups of a grid: for each network and set of examples at least `shares` of them,
    where there are as many to be had, with at most `at_once` replicas in each.

    Replicas are divided first; algorithms only where there are more shares than replicas.
    An algorithm stays with the one whose masks it takes.
    """
    made: list[Group] = []
    for recipe, bases, algorithms in _families(experiment):
        count = min(len(bases), max(shares, -(-len(bases) // at_once)))
        ends = [i * len(bases) // count for i in range(count + 1)]
        bundles = [algorithms]
        if shares > len(bases):
            bundles = list(_bundles(algorithms))
        made += [
            Group(recipe, bases[begin:end], bundle)
            for begin, end in itertools.pairwise(ends)
            for bundle in bundles
        ]
    return tuple(made)


def _families(experiment: Experiment) -> Iterator[tuple[Recipe, tuple[Base, ...], Algorithms]]:
    """What can be trained at once: one recipe, with algorithms that share round 0."""
    variants = dict.fromkeys(a.variant for a in experiment.algorithms)
    for variant in variants:
        algorithms = tuple(a for a in experiment.algorithms if a.variant == variant)
        families: dict[Recipe, list[Base]] = {}
        for rate in experiment.rates(algorithms[0]):
            recipe = experiment.recipe_of(algorithms[0], rate)
            families.setdefault(recipe, []).extend(Base(rate, s) for s in experiment.seeds)
        for recipe, bases in families.items():
            yield recipe, tuple(bases), algorithms


def _bundles(algorithms: Algorithms) -> Iterator[Algorithms]:
    for algorithm in algorithms:
        if not algorithm.masks_from:
            followers = tuple(a for a in algorithms if a.masks_from == algorithm.name)
            yield (algorithm, *followers)


class Labels(NamedTuple):
    """The labels of one replica, in the order of a Division."""

    given: np.ndarray  # int32 [n]: to train on, and to evaluate against
    chosen: np.ndarray  # bool [train]: drawn anew, perhaps as they were
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
    return Labels(
        given,
        np.asarray(train.chosen),
        np.asarray(train.is_noisy),
        np.asarray(validation.labels),
    )
