"""The grid: cells in groups, and the labels of each replica."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pruning_jax import plugins
from pruning_jax.data import sources
from pruning_jax.data.division import divide
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Experiment
from pruning_jax.experiment.data import Data
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.grid.groups import Base, groups_of, labels_of

ALGORITHMS = (
    Algorithm("lrr", (1.0, 0.8)),
    Algorithm("lottery", (1.0, 0.8), rewind="weights"),
    Algorithm("random", (1.0, 0.8), criterion="random"),
    Algorithm("reinit", (1.0, 0.8), rewind="reinit", masks_from="lottery"),
    Algorithm("shuffled", (1.0, 0.8), masks_from="lottery", shuffle=True),
)
EXPERIMENT = Experiment(
    data=Data(),
    recipe=Recipe(image_shape=(8, 8, 1), num_classes=10, train_size=1000),
    algorithms=ALGORITHMS,
    noise_rates=(0.0, 0.3),
    seeds=(0, 1, 2),
    el2n_epochs=0.1,
    scoring_examples=10,
    save_params=False,
)


@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 30), st.integers(1, 30))
def test_every_cell_is_in_exactly_one_group(rates, seeds, at_once, shares):
    experiment = EXPERIMENT._replace(
        noise_rates=tuple(i / 10 for i in range(rates)), seeds=tuple(range(seeds))
    )
    groups = groups_of(experiment, at_once, shares)
    assert sorted(cell for group in groups for cell in group.cells) == sorted(experiment.cells)
    assert max(len(group.bases) for group in groups) <= at_once
    assert len(groups) >= min(shares, 3 * rates * seeds), "processes stand idle"
    for group in groups:
        names = [a.name for a in group.algorithms]
        for i, algorithm in enumerate(group.algorithms):
            assert not algorithm.masks_from or algorithm.masks_from in names[:i]


def test_one_process_trains_every_round_0_once():
    """Algorithms are divided only where there are more processes than replicas."""
    for shares in (1, 4, 6):
        groups = groups_of(EXPERIMENT, 100, shares)
        assert len(groups) == shares
        assert all(group.algorithms == ALGORITHMS for group in groups)


@pytest.fixture(scope="module")
def division():
    return divide(sources.load("digits"), Data(validation_fraction=0.2))


def labels(division, rate, seed=0, **settings):
    experiment = EXPERIMENT._replace(data=Data(**settings))
    return labels_of(experiment, division, Base(rate, seed))


@pytest.mark.parametrize("kind", plugins.NOISE.names)
def test_only_training_labels_are_noisy(kind, division):
    matrix = tuple(map(tuple, np.roll(np.eye(10), 1, 1))) if kind == "matrix" else None
    made = labels(division, 0.3, noise_kind=kind, transition_matrix=matrix)
    wrong = made.given != division.labels
    np.testing.assert_array_equal(wrong[division.train], made.is_noisy)
    assert not wrong[division.validation].any()
    assert not wrong[division.test].any()
    if kind != "uniform":
        assert made.is_noisy.sum() == -(-3 * 1038 // 10)
    assert division.labels.dtype == made.given.dtype == np.int32


def test_validation_labels_may_be_noisy_too(division):
    made = labels(division, 0.3, noisy_validation=True)
    wrong = made.given != division.labels
    assert wrong[division.validation].sum() == -(-3 * 259 // 10)
    assert not wrong[division.test].any()
    np.testing.assert_array_equal(made.given[division.validation], made.noisy_validation)
    plain = labels(division, 0.3)
    np.testing.assert_array_equal(made.given[division.train], plain.given[division.train])
    np.testing.assert_array_equal(made.noisy_validation, plain.noisy_validation)


def test_noise_is_nested_over_rates_for_one_seed(division):
    low, high = labels(division, 0.1), labels(division, 0.5)
    assert high.is_noisy[low.is_noisy].all()
    at = np.flatnonzero(low.is_noisy)
    np.testing.assert_array_equal(low.given[at], high.given[at])


def test_seeds_have_noise_of_their_own_and_repeat_it(division):
    one, same, other = (labels(division, 0.3, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.given, same.given)
    assert (one.is_noisy != other.is_noisy).any()


def test_training_and_validation_noise_are_independent():
    """With as many of the one as of the other, not the same places are chosen."""
    halves = divide(sources.load("digits"), Data(train_images=1000, validation_fraction=0.5))
    made = labels(halves, 0.5)
    noisy = made.noisy_validation != halves.labels[halves.validation]
    assert 0.4 < np.mean(noisy == made.is_noisy) < 0.6


def test_making_labels_leaves_the_division_as_it_is(division):
    before = division.labels.copy()
    labels(division, 1.0, noisy_validation=True)
    np.testing.assert_array_equal(division.labels, before)


def test_algorithms_of_one_base_have_its_labels(division):
    """What an algorithm does is no part of what decides the labels."""
    other = EXPERIMENT._replace(
        algorithms=ALGORITHMS[:1], recipe=dataclasses.replace(EXPERIMENT.recipe, epochs=3)
    )
    base = Base(0.3, 1)
    one, two = (labels_of(e, division, base) for e in (EXPERIMENT, other))
    np.testing.assert_array_equal(one.given, two.given)
