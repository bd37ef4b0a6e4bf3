"""Rank correlations, against SciPy and by hand."""

import math

import numpy as np
import pytest
from scipy import stats

import pruning_jax as pj
from pruning_jax.exploring.explorations.distance import spearman
from pruning_jax.testing.made_up import made_up


@pytest.mark.parametrize("ties", [False, True])
def test_it_is_that_of_scipy(ties):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 30))
    if ties:
        x, y = np.round(x), np.round(y)
    assert spearman(x, y) == pytest.approx(float(stats.spearmanr(x, y).statistic))


def test_a_constant_has_none():
    assert math.isnan(spearman(np.ones(5), np.arange(5.0)))


def test_it_is_that_of_each_cell_over_its_rounds(tmp_path):
    """The distance of this run is 9 plus the round."""
    run = made_up(tmp_path)
    found = pj.explore(run, "distance")
    main = run.rows[run.rows.control_of == ""]
    assert len(found) == 2 * len(main[["algorithm", "noise_rate", "seed"]].drop_duplicates())
    for row in found.itertuples():
        own = main[(main.algorithm == row.algorithm) & (main.noise_rate == row.noise_rate)]
        own = own[own.seed == row.seed].sort_values("round")
        error = 1 - own.test_accuracy.to_numpy()
        if row.over == "rounds":
            expected = stats.spearmanr(own["round"], error).statistic
            assert row.correlation == pytest.approx(float(expected))
        else:
            assert math.isnan(row.correlation)  # the distance rises by 1 in each round
        assert row.points == len(own) - (row.over == "changes")
