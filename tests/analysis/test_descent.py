"""Peak and valley of the test error, where there are any."""

import numpy as np
import pytest
import synthetic
from synthetic import Truth

from pruning_jax.analysis.descent import descent, places

PLANTED = np.array([0, -0.02, -0.05, -0.08, -0.06, -0.02, 0.02, 0.01, -0.2])
"""Gain of accuracy by round: the error peaks in round 3, has its valley in round 6."""


def table(gain, seed=0, **changes):
    return synthetic.rows(Truth(**{"gain": {"pruned": gain}, "luck": 0.01, **changes}), seed)


def test_places_by_hand():
    curves = np.array([[2, 1, 3, 2, 0, 4.0], [1, 2, 5, 4, 3, 9], [5, 4, 3, 2, 1, 0]])
    found = places(curves)
    assert found.before.tolist()[:2] == [1, 0]
    assert found.peak.tolist()[:2] == [2, 2]
    assert found.valley.tolist()[:2] == [4, 4]


@pytest.mark.parametrize("seeds", [4, 6, 12])
def test_a_planted_peak_is_found(seeds):
    found = descent(table(PLANTED, seeds=seeds)).set_index("feature")
    assert list(found.index) == ["peak", "valley"]
    for feature, round_ in (("peak", 3), ("valley", 6)):
        own = found.loc[feature]
        assert own["density"] == pytest.approx(0.8**round_)
        assert own["density_low"] <= own["density"] <= own["density_high"]
        assert own["test_error_low"] < 0.15 - PLANTED[round_] < own["test_error_high"]
        assert own["replicates"] == seeds
    assert found["density"]["peak"] > found["density"]["valley"]


def test_an_uncertain_place_has_a_wide_interval():
    flat = np.array([0, -0.05, -0.1, -0.1, -0.1, -0.05, 0, 0, -0.2])
    peaks = [descent(table(flat, seed, luck=0.015)).iloc[0] for seed in range(5)]
    assert all(0.8**4 - 1e-9 <= p["density"] <= 0.8**2 + 1e-9 for p in peaks)
    assert np.mean([p["density_low"] < p["density_high"] for p in peaks]) >= 0.8
    assert np.mean([p["density_low"] <= 0.8**3 <= p["density_high"] for p in peaks]) >= 0.8


@pytest.mark.parametrize(
    "gain", [0.0, -0.01 * np.arange(9), 0.01 * np.arange(9)], ids=["flat", "worse", "better"]
)
def test_without_a_peak_there_are_no_rows(gain):
    rates = tuple(0.01 * i for i in range(1, 41))
    found = descent(table(gain, rates=rates))
    assert found["noise_rate"].nunique() <= 2  # of 40, at a level of 5 %
    assert len(descent(table(PLANTED, seeds=1))) == 0


def test_what_prunes_nothing_has_no_descent():
    rows = table(PLANTED)
    assert set(descent(rows)["algorithm"]) == {"lrr"}
    assert not len(descent(rows[rows["algorithm"] != "lrr"]))


def test_seeds_with_a_gap_are_left_out():
    rows = table(PLANTED, seeds=6)
    gap = (rows["algorithm"] == "lrr") & (rows["seed"] == 2) & (rows["round"] == 4)
    assert (descent(rows[~gap])["replicates"] == 5).all()
    short = (rows["algorithm"] == "lrr") & (rows["round"] == 8) & (rows["seed"] > 1)
    found = descent(rows[~short])
    assert list(found["density"]) == pytest.approx([0.8**3, 0.8**6])
    assert (found["replicates"] == 6).all()
