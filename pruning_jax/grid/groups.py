"""The grid: cells, their division into groups, and what each replica's labels are."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import jax
import numpy as np
from jaxtyping import Bool, Int

from pruning_jax.data import label_noise
from pruning_jax.data.division import Division
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training.streams import Stream, stream

Algorithms: TypeAlias = tuple[Algorithm, ...]


class Base(NamedTuple):
    """What decides round 0, besides the variant: algorithms on one base share it bit for bit."""

    noise_rate: float
    seed: int


class Group(NamedTuple):
    """Replicas that are trained at once by one recipe, and the algorithms that run on them.

    A group is what a process works on, and what is resumed. Only those wait for others whose
    examples other cells decide; and these never wait.
    """

    recipe: Recipe
    bases: tuple[Base, ...]
    algorithms: tuple[Algorithm, ...]  # of one variant, so that they share round 0

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells that the group computes, algorithm by algorithm."""
        return tuple(Cell(a.name, *base) for a in self.algorithms for base in self.bases)

    def divided(self, count: int) -> "list[Group]":
        """So many groups in its place, whose numbers of replicas differ by one at most."""
        ends = [i * len(self.bases) // count for i in range(count + 1)]
        return [self._replace(bases=self.bases[a:b]) for a, b in itertools.pairwise(ends)]

    def of_at_most(self, replicas: int) -> "list[Group]":
        """As few groups in its place as have at most so many replicas each."""
        return self.divided(-(-len(self.bases) // replicas))


def groups_of(experiment: Experiment, at_once: int, shares: int = 1) -> tuple[Group, ...]:
    """The groups of a grid, which processes take one after the other.

    Args:
      experiment: the grid.
      at_once: the most replicas that a group may have.
      shares: how many groups each network and set of examples has at least, where there is enough
        to divide. Replicas are divided first; algorithms are divided only where there are more
        shares than replicas. An algorithm stays with the one whose masks it takes.
    """
    made: list[Group] = []
    for recipe, bases, algorithms in _families(experiment):
        count = min(len(bases), max(shares, -(-len(bases) // at_once)))
        bundles = [algorithms]
        if shares > len(bases):
            bundles = list(_bundles(algorithms))
        whole = [Group(recipe, bases, bundle).divided(count) for bundle in bundles]
        made += itertools.chain.from_iterable(zip(*whole, strict=True))
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
    """Each algorithm that prunes, with those that take its masks."""
    for algorithm in algorithms:
        if not algorithm.masks_from:
            followers = tuple(a for a in algorithms if a.masks_from == algorithm.name)
            yield (algorithm, *followers)


class Labels(NamedTuple):
    """The labels of one replica, in the order of a Division."""

    given: Int[np.ndarray, " n"]  # what it is trained on and evaluated against
    chosen: Bool[np.ndarray, " train"]  # whether the label was drawn anew; it may be the true one
    is_noisy: Bool[np.ndarray, " train"]  # whether the given label is not the true one
    noisy_validation: Int[np.ndarray, " validation"]  # as noisy as the training labels


def labels_of(experiment: Experiment, division: Division, base: Base) -> Labels:
    """The labels of a replica: for one seed, what is noisy at a rate is noisy at a higher one."""
    data = experiment.data
    matrix = None if data.transition_matrix is None else jax.numpy.array(data.transition_matrix)
    parts = []
    for index, part in enumerate((division.train, division.validation)):
        parts.append(
            label_noise.corrupt(
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
