"""What verdicts once got wrong, each as a table of which anybody sees the answer."""

import itertools

import numpy as np
import pandas as pd
import pytest
import synthetic
from synthetic import Truth

from pruning_jax.analysis.claims.claims import claims
from pruning_jax.analysis.statistics import estimate

ENDED = Truth(rounds=9, collapsed=1)


def verdict(rows, claim):
    """The verdict on learning-rate rewinding at the only noise rate."""
    found = claims(rows)
    return found[found["claim"] == claim]["verdict"].item()


def test_the_order_of_seeds_does_not_matter():
    """All 24 orders of four seeds."""
    peak = [0, 0, 0.01, 0.02, 0.03, 0.02, 0.01, 0, 0]
    rows = synthetic.rows(Truth(seeds=4, gain={"pruned": peak}, luck=0.012))
    numbers = ["claim", "verdict", "effect", "low", "high", "density"]
    expected = claims(rows)[numbers].round(12)
    for order in itertools.permutations(range(4)):
        found = claims(rows.assign(seed=np.array(order)[rows["seed"]]))
        assert found[numbers].round(12).equals(expected), order


def test_claim_1_needs_a_gain():
    """Pruning is worse than the dense network, and the smaller network worse still."""
    rows = synthetic.rows(ENDED.with_(gain={"pruned": -0.03, "small": -0.08}))
    assert verdict(rows, 1) == "no gain"


def test_claim_4_looks_at_each_factor_alone():
    """Longer training alone reaches what pruning reaches."""
    gain = dict.fromkeys(("pruned", "extended", "small_extended"), 0.04)
    rows = synthetic.rows(Truth(gain=gain, luck=0.001, sampling=0.0005))
    assert verdict(rows, 4) == "contradicted"


WORSE = np.array([0, 0, -0.01, -0.03, -0.05, -0.1, -0.15, -0.2, -0.2])
"""20 points, lost density by density; the first density loses nothing."""


@pytest.mark.parametrize("claim", [2, 3])
def test_getting_worse_all_the_way_is_no_open_question(claim):
    losses = {"pruned": -10 * WORSE}
    truth = ENDED.with_(gain={"pruned": WORSE}, log_loss=losses, of_log_loss=0.01, luck=0.001)
    assert verdict(synthetic.rows(truth), claim) == "contradicted"


def test_a_collapsed_network_is_not_regularised():
    """It loses nothing to noise, because it has nothing to lose."""
    collapsed = np.array([0, 0, 0, 0, 0, 0, 0, -0.7, -0.7])
    truth = Truth(gain={"pruned": collapsed}, more_lost={"pruned": -0.05 * (collapsed < 0)})
    assert verdict(synthetic.rows(truth), 3) != "supported"


def test_replicates_that_agree_are_not_certain():
    """One of 500 test images more, in each of three seeds."""
    rows = synthetic.rows(Truth(seeds=3, images=500, luck=0, sampling=0, of_seed=0))
    rows.loc[(rows["algorithm"] == "lrr") & (rows["round"] > 0), "test_accuracy"] += 0.002
    assert verdict(rows, 1) == "undecided"
    assert not estimate([0.002] * 3).p < 0.01


def test_rows_that_are_there_twice_are_refused():
    rows = synthetic.rows(Truth())
    twice = pd.concat([rows, rows.iloc[70:71]])
    with pytest.raises(ValueError, match=r"2 rows of .*, noise 0.2, seed .*, round"):
        claims(twice)


def test_densities_that_differ_between_seeds_are_refused():
    rows = synthetic.rows(Truth())
    odd = (rows["algorithm"] == "lrr") & (rows["seed"] == 2) & (rows["round"] == 3)
    rows.loc[odd, "density"] = 0.6
    with pytest.raises(ValueError, match=r"round 3 of lrr .*densities"):
        claims(rows)


def test_densities_that_differ_from_the_clean_control_are_refused():
    rows = synthetic.rows(Truth())
    odd = (rows["algorithm"] == "lrr_without_noisy") & (rows["round"] == 3)
    rows.loc[odd, "density"] = 0.6
    with pytest.raises(ValueError, match=r"round 3 of lrr .*lrr_without_noisy"):
        claims(rows)


@pytest.mark.parametrize("claim", [1, 2, 3])
def test_two_seeds_of_five_support_nothing(claim):
    """The others diverged at the densities that look good."""
    late = np.arange(9) >= 5
    planted = {"gain": 0.1 * late, "more_lost": -0.1 * late, "log_loss": -9.0 * late}
    truth = Truth(luck=1e-4, sampling=1e-4, **{n: {"pruned": v} for n, v in planted.items()})
    rows = synthetic.rows(truth)
    lost = rows["algorithm"].str.startswith("lrr") & rows["round"].ge(5) & rows["seed"].lt(3)
    rows.loc[lost, ["test_accuracy", "train_loss", "diverged"]] = [np.nan, np.nan, True]
    assert verdict(rows[~lost | (rows["round"] == 5)], claim) == "undecided"
