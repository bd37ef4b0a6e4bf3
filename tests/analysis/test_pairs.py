"""Pseudo-values of pairs, against leaving seeds out one after another."""

import itertools

import numpy as np
import pytest
from scipy import stats

from pruning_jax.analysis.pairs import pseudovalues


def of_pairs(function, seeds):
    values = np.full((len(seeds), len(seeds)), np.nan)
    for (i, one), (j, other) in itertools.permutations(enumerate(seeds), 2):
        values[i, j] = function(one, other)
    np.fill_diagonal(values, 77.0)  # it does not count
    return values


@pytest.mark.parametrize("n", [3, 4, 9])
def test_they_are_those_of_the_jackknife(n):
    seeds = np.random.default_rng(n).normal(size=n)

    def mean(chosen):
        return np.mean([(a - b) ** 2 for a, b in itertools.combinations(chosen, 2)])

    expected = [n * mean(seeds) - (n - 1) * mean(np.delete(seeds, i)) for i in range(n)]
    found = pseudovalues(of_pairs(lambda a, b: (a - b) ** 2, seeds))
    np.testing.assert_allclose(found, expected)
    assert found.mean() == pytest.approx(mean(seeds))


def test_two_seeds_are_one_pair():
    np.testing.assert_array_equal(pseudovalues(of_pairs(lambda a, b: a * b, [2.0, 3.0])), [6.0])


def test_the_interval_covers_what_intervals_over_pairs_do_not():
    """A pair's value is a + b for seeds with a mean of 0: eight seeds, 28 pairs."""
    rng = np.random.default_rng(0)
    covered = np.zeros(2)
    for _ in range(400):
        values = of_pairs(lambda a, b: a + b, rng.normal(size=8))
        pairs = values[np.triu_indices(8, 1)]
        for i, sample in enumerate((pseudovalues(values), pairs)):
            half = stats.t.ppf(0.975, len(sample) - 1) * stats.sem(sample)
            covered[i] += abs(sample.mean()) <= half
    assert covered[0] / 400 == pytest.approx(0.95, abs=0.035)
    assert covered[1] / 400 < 0.75
