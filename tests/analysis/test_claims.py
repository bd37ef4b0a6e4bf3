"""Verdicts on tables whose truth is known."""

import numpy as np
import pandas as pd
import pytest
import synthetic
from synthetic import PAPER, Truth

from pruning_jax.analysis.claims.claims import claims
from pruning_jax.analysis.claims.verdicts import ranges
from pruning_jax.analysis.settings import Settings

RATES = tuple(0.1 + 0.001 * i for i in range(50))
"""Nothing passes between noise rates: a table with 50 of them counts as 50 tables."""


def verdicts(truth, seed=0, **settings):
    """Verdicts by claim, at one noise rate."""
    found = claims(synthetic.rows(truth, seed), Settings(**settings))
    assert list(found["claim"]) == [1, 2, 3, 4]
    return dict(zip(found["claim"], found["verdict"], strict=True))


def rates_of(truth, tables, verdict="supported", **settings):
    """By claim, the share of simulated tables with a verdict."""
    many = truth.with_(rates=RATES)
    parts = [claims(synthetic.rows(many, i), Settings(**settings)) for i in range(tables // 50)]
    found = pd.concat(parts)
    return found["verdict"].eq(verdict).groupby(found["claim"]).mean()


def test_at_most_one_null_table_in_twenty_is_called_supported():
    """Tables in which nothing differs but by the luck of networks, which validation and
    test share; one of four densities, or of eight, is chosen."""
    for truth, tables in (
        (Truth(), 1000),
        (Truth(luck=0.01, widths_at=tuple(range(1, 9))), 400),
    ):
        found = rates_of(truth, tables)
        assert (found <= 0.05).all(), found
        assert found[2] > 0.005  # nor is it impossible
        assert found[1] > 0.01


def test_so_it_is_with_the_bootstrap():
    found = rates_of(Truth(seeds=12, luck=0.01), 300, resamples=1999)
    assert (found <= 0.05).all(), found


LONGER = {"pruned": -1, "extended": -1, "small_extended": -1}
SMALLER = {"small": -0.04, "small_extended": -0.04}


@pytest.mark.parametrize(
    "null",
    [
        Truth(log_loss=LONGER),  # size does nothing
        Truth(more_lost=SMALLER),  # time does nothing
        Truth(log_loss=LONGER, more_lost=SMALLER, gain={"small_extended": -0.01}),  # at the margin
    ],
    ids=["a c", "b c", "a b"],
)
def test_two_of_three_do_not_support_claim_4(null):
    found = rates_of(null, 250)
    assert found[4] <= 0.05, found


def test_claim_4_is_seldom_contradicted_where_nothing_differs():
    assert rates_of(Truth(), 250, "contradicted")[4] <= 0.05


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("seeds", [5, 12])
def test_effects_as_large_as_the_papers_are_found(seeds, seed):
    found = verdicts(PAPER.with_(rates=(0.2,), seeds=seeds), seed)
    assert found == dict.fromkeys((1, 2, 3, 4), "supported")


CONTRADICTED = {
    1: Truth(gain={"pruned": -0.03}),
    2: Truth(log_loss={"pruned": 1}),
    3: Truth(gain={"pruned": -0.03}, more_lost={"pruned": 0.03}),
    4: Truth(gain={"small_extended": -0.04}),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("claim", CONTRADICTED)
def test_the_opposite_is_found(claim, seed):
    assert verdicts(CONTRADICTED[claim], seed)[claim] == "contradicted"


@pytest.mark.parametrize(
    "against",
    [{"log_loss": dict.fromkeys(("extended", "small_extended"), 1)}, {"more_lost": {"small": 0.1}}],
    ids=["a", "b"],
)
def test_claim_4_is_contradicted_by_any_of_its_parts(against):
    assert verdicts(Truth(**against))[4] == "contradicted"


def test_claim_1_says_what_was_compared():
    rows = synthetic.rows(PAPER.with_(rates=(0.2,), luck=1e-6, sampling=1e-6))
    found = claims(rows).iloc[0]
    assert found["effect"] == pytest.approx(0.03, abs=1e-4)
    assert found["density"] == pytest.approx(0.4096)
    assert found["replicates"] == 5
    assert "lrr at 41 % of the weights" in found["sentence"]
    assert "+3.0 points (95 % interval +3.0 to +3.0, 5 replicates)" in found["sentence"]
    assert "pruning is +3.0 points from it, the smaller width" in found["sentence"]


def test_claim_1_says_that_pruning_does_not_help():
    """Better than the width-scaled model, worse than the dense one."""
    found = claims(synthetic.rows(Truth(gain={"pruned": -0.03, "small": -0.08}))).iloc[0]
    assert found["verdict"] == "supported"
    assert "pruning does not improve on the full dense model here" in found["sentence"]


def test_claim_2_says_where_the_loss_is_higher():
    losses = [0, 0, 0, 0, 0, 0, 1, 1, 1]
    found = claims(synthetic.rows(Truth(log_loss={"pruned": losses}, of_log_loss=0.01))).iloc[1]
    assert found["verdict"] == "undecided"
    assert "is higher at 26.2 % to 16.8 % (8 densities" in found["sentence"]
    found = claims(synthetic.rows(CONTRADICTED[2])).iloc[1]
    assert "is higher at every density" in found["sentence"]
    found = claims(synthetic.rows(Truth())).iloc[1]
    assert "neither significantly lower nor higher at any density" in found["sentence"]


def test_claim_2_says_where_the_loss_is_lower():
    rows = synthetic.rows(PAPER.with_(rates=(0.2,), of_log_loss=0.01))
    found = claims(rows).iloc[1]
    assert found["effect"] == pytest.approx(-2, abs=0.05)
    assert found["density"] == pytest.approx(0.8**2) or found["density"] == pytest.approx(0.8**3)
    assert (
        "lower at 80 % to 41 % of the weights and higher at 26.2 % to 16.8 % (8 densities"
        in (found["sentence"])
    )
    assert found["low"] < -2 < found["high"]


def test_claim_3_keeps_networks_that_are_better_with_noise():
    """They lose more than the tolerance where nothing is noisy, and less than that to noise."""
    last = np.array([0, 0, 0, 0, 0, 0, 0, 1, 1])
    truth = Truth(gain={"pruned": 0.03 * last}, more_lost={"pruned": -0.07 * last})
    found = claims(synthetic.rows(truth), Settings()).iloc[2]
    assert found["verdict"] == "supported"
    assert "left out" not in found["sentence"]


def test_claim_3_leaves_out_networks_that_collapsed():
    collapsed = np.array([0, 0, 0, 0, 0, 0, 0, -0.4, -0.5])
    truth = Truth(gain={"pruned": collapsed}, more_lost={"pruned": -0.05 * (collapsed < 0)})
    found = claims(synthetic.rows(truth)).iloc[2]
    assert found["verdict"] == "undecided"
    assert "2 densities are left out (our rule)" in found["sentence"]
    everywhere = claims(synthetic.rows(truth), Settings(collapse_tolerance=1.0)).iloc[2]
    assert everywhere["verdict"] == "supported"


def test_without_noise_there_is_no_degradation():
    found = claims(synthetic.rows(PAPER.with_(rates=(0.0,))))
    assert list(found["verdict"]) == ["supported", "supported", "undecided", "undecided"]
    assert "no noisy examples" in found["sentence"][2]
    assert "(a) extended training time" in found["sentence"][3]
    assert "(b) not measured (there are no noisy examples)" in found["sentence"][3]
    assert found["effect"][3] == pytest.approx(0, abs=0.01)


def test_pairing_takes_the_seeds_differences_away():
    assert verdicts(PAPER.with_(rates=(0.2,), of_seed=0.2)) == dict.fromkeys(
        range(1, 5), "supported"
    )


def test_thresholds_are_parameters():
    truth = PAPER.with_(rates=(0.2,))
    strict = {"minimum_gain": 0.05, "minimum_log_ratio": 3.0, "minimum_degradation": 0.05}
    assert set(verdicts(truth, **strict).values()) == {"undecided"}
    assert verdicts(truth, margin=0.0001)[4] != "supported"
    assert verdicts(truth, alpha=1e-9)[1] == "undecided"
    for claim, table in CONTRADICTED.items():
        if claim < 4:
            assert verdicts(table, **strict)[claim] == "undecided"


def test_another_pruned_algorithm_takes_the_place_of_lrr():
    rows = synthetic.rows(PAPER)
    renamed = rows.replace({"algorithm": {"lrr": "random"}, "control_of": {"lrr": "random"}})
    pd.testing.assert_series_equal(claims(renamed)["verdict"], claims(rows)["verdict"])
    assert claims(renamed)["sentence"].str.contains("random").any()


def test_sizes_that_do_not_match_are_not_compared():
    rows = synthetic.rows(PAPER)
    rows["weights_total"] = rows["weights_total"].where(
        rows["width"] == 1, rows["weights_total"] * 1000
    )
    found = claims(rows)
    assert "no width-scaled dense model has as many weights" in found["sentence"][0]
    assert (found["verdict"][found["claim"].isin([1, 4])] == "undecided").all()
    loose = claims(rows, Settings(size_tolerance=2000.0))
    assert (loose["verdict"][loose["claim"] == 1] == "supported").all()


def test_ranges_of_densities():
    assert ranges([0.8, 0.64, 0.512, 0.41], [1, 1, 0, 1]) == "80 % to 64 % and 41 %"
    assert ranges([0.8, 0.64, 0.512, 0.41, 0.33], [1, 0, 1, 0, 1]) == "80 %, 51.2 % and 33 %"
    assert ranges([0.8], [0]) == ""


def test_the_interval_of_a_scanned_claim_says_what_its_verdict_says():
    """Effects of all sizes, most of them near the limit of what is significant."""
    seen = set()
    for i, size in enumerate(np.linspace(0, 0.5, 6)):
        truth = Truth(rates=RATES[:8], log_loss={"pruned": -size}, more_lost={"pruned": -size / 20})
        found = claims(synthetic.rows(truth, i))
        for row in found[found["claim"].isin([2, 3])].itertuples():
            assert (row.verdict == "supported") == (row.high < 0), row
            seen.add((row.claim, row.verdict))
    assert len(seen) == 4
