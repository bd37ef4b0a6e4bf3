"""Power: against Student's t in closed form, and against verdicts on planted effects."""

from dataclasses import replace

import numpy as np
import planted
import pytest
import synthetic
from planted import ENDED, QUIET, RATES
from scipy import optimize, stats
from statsmodels.stats.power import TTestPower
from synthetic import Truth

import pruning_jax as pj
from pruning_jax.analysis.power import needed, spread
from pruning_jax.analysis.power.needed import Test as Asked
from pruning_jax.analysis.power.power import power
from pruning_jax.analysis.settings import DEFAULTS
from pruning_jax.errors import WrongUse

LIMIT = 4 * np.sqrt(0.16 / needed.TABLES)
"""Four standard errors of a share of 0.8 of the tables."""


def spreads_of(truth):
    """What the luck of the networks in a table makes of each measure."""
    of_network = np.hypot(truth.luck, truth.sampling)
    return spread.given(of_network * np.sqrt(2), truth.of_log_loss * np.sqrt(2))


@pytest.mark.parametrize("seeds", [3, 5, 9, 40])
@pytest.mark.parametrize("densities", [1, 7, 43])
def test_one_mean_is_found_as_often_as_theory_says(seeds, densities):
    """Claim 2 tests one mean; statsmodels knows the power of that by Student's t."""
    test, own = Asked(2, seeds, densities), {"log_loss": 0.3}
    for effect in (0.1, 0.3, 0.9):
        theory = TTestPower().power(effect / 0.3, seeds, 0.05 / densities, alternative="larger")
        assert needed.power(test, effect, own, DEFAULTS) == pytest.approx(theory, abs=LIMIT)
    smallest = needed.smallest(test, own, DEFAULTS)
    theory = TTestPower().power(smallest / 0.3, seeds, 0.05 / densities, alternative="larger")
    assert theory == pytest.approx(0.8, abs=LIMIT)


@pytest.mark.parametrize("effect", [0.05, 0.1, 0.3, 1.0])
def test_the_seeds_that_one_mean_needs(effect):
    """By Student's t throughout, against the fewest with which theory is beyond 0.8."""
    own = replace(DEFAULTS, bootstrap_from=1_000)
    found = needed.seeds(Asked(2, 5, 7), effect, {"log_loss": 0.2}, own)

    def theory(seeds):
        return TTestPower().power(effect / 0.2, seeds, 0.05 / 7, alternative="larger")

    expected = next((k for k in range(3, needed.MOST + 1) if theory(k) >= 0.8), None)
    if expected is None:
        assert found is None
    else:
        assert found == pytest.approx(expected, abs=1 + 0.03 * expected)


def test_two_parts_are_found_together_as_an_integral_says():
    """Claim 1 of very many seeds: two normal means with a correlation of a half, both above their
    quantiles. The integral conditions on the network that they share."""
    seeds, densities = 100, 7
    own = spread.given(0.01)
    critical = stats.t.ppf(1 - 0.05 / densities, seeds - 1)
    shared, step = np.linspace(-8, 8, 4001, retstep=True)

    def both(effect):
        beyond = critical - effect * np.sqrt(seeds) / 0.01
        alone = stats.norm.sf(beyond * np.sqrt(2) - shared)
        return (alone**2 * stats.norm.pdf(shared)).sum() * step

    expected = optimize.brentq(lambda effect: both(effect) - 0.8, 1e-4, 1e-2)
    found = needed.smallest(Asked(1, seeds, densities), own, DEFAULTS)
    assert found == pytest.approx(expected, rel=0.02)
    alone = needed.smallest(Asked(2, seeds, densities), {"log_loss": 0.01}, DEFAULTS)
    assert alone < found


PLANTED = {
    1: lambda at: {"gain": {"pruned": at}},
    2: lambda at: {"log_loss": {"pruned": -at}},
    3: lambda at: {"gain": {"pruned": at}, "more_lost": {"pruned": -at}},
    4: lambda at: {"gain": {"pruned": at, "small_extended": at}},
}
"""What plants an effect of each claim, at the densities `at`."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("claim", "truth"),
    [
        *((claim, ENDED) for claim in (1, 2, 3)),
        (1, ENDED.with_(seeds=12)),
        (4, QUIET.with_(seeds=8)),
        (3, ENDED.with_(rounds=17, widths_at=(2, 4), seeds=3)),
    ],
)
def test_verdicts_find_the_smallest_effect_as_often_as_is_said(claim, truth):
    """In 1,000 tables with the effect at one density, or 250 with the bootstrap. What is found
    falsely at other densities, of at most one table in twenty, comes on top; so do 3 standard
    errors of tables and of power."""
    densities = len(truth.widths_at) if claim in (1, 4) else truth.rounds - 1
    smallest = needed.smallest(Asked(claim, truth.seeds, densities), spreads_of(truth), DEFAULTS)
    at = np.where(np.arange(truth.rounds) == 2, smallest, 0.0)
    tables = 1000 if truth.seeds < 10 else 250
    found = planted.rates(truth.with_(**PLANTED[claim](at)), tables)[claim]
    error = 3 * np.sqrt(0.16 / tables + 0.16 / needed.FEWER)
    assert 0.8 - error <= found["supported"] <= 0.8 + error + 0.2 * 0.05


def test_densities_are_counted_as_verdicts_count_them():
    """Those with a dense network of as many weights, and all of them; nine seeds at most."""
    truth = Truth(seeds=9, of_log_loss=0.01, luck=1e-4, sampling=1e-4)
    table = power(synthetic.rows(truth), {0.2: spreads_of(truth)}).table
    counts = table.groupby("claim").densities.unique().map(list).to_dict()
    assert counts == {1: [4], 2: [8], 3: [8], 4: [4]}
    for row in table.itertuples():
        own = needed.power(
            Asked(row.claim, 9, row.densities), row.effect, spreads_of(truth), DEFAULTS
        )
        assert row.power == own


def test_where_equivalence_is_not_seen_no_effect_is_enough():
    """Claim 4 with five seeds that differ by twice what matters; with 60 seeds one is enough."""
    own = spread.given(0.01)
    assert needed.smallest(Asked(4, 5, 4), own, DEFAULTS) == np.inf
    assert needed.power(Asked(4, 5, 4), 1.0, own, DEFAULTS) < 0.5
    assert np.isfinite(needed.smallest(Asked(4, 60, 4), own, DEFAULTS))


def test_the_spread_of_tables_is_that_of_their_luck():
    truth = Truth(rates=RATES, seeds=6)
    found = spread.of_run(synthetic.rows(truth))
    assert [*found] == list(truth.rates)
    for measure, expected in spreads_of(truth).items():
        median = np.median([own[measure] for own in found.values()])
        assert median == pytest.approx(expected, rel=0.15), measure


def test_the_spread_by_hand():
    """One algorithm, one density, three seeds; what is not there follows from the gain."""
    gains = {0: 0.01, 1: 0.03, 2: 0.02}
    rows = [
        {"algorithm": "lrr", "noise_rate": 0.0, "seed": seed, "round": round_}
        | {"density": 0.5**round_, "test_accuracy": 0.8 + round_ * gain, "train_loss": 0.1}
        for seed, gain in gains.items()
        for round_ in (0, 1)
    ]
    found = spread.of_run(synthetic.pd.DataFrame(rows))[0.0]
    median = np.sqrt(stats.chi2.median(2) / 2)
    assert found["gain"] == pytest.approx(0.01 / median)
    assert found["beyond_both"] == pytest.approx(0.01 / median)
    assert found["reduction"] == pytest.approx(0.01 / median * np.sqrt(2))
    with pytest.raises(WrongUse, match="no algorithm that prunes has 3 seeds"):
        spread.of_run(synthetic.pd.DataFrame(rows[:4]))


def test_each_noise_rate_takes_the_nearest_spread():
    known = {rate: spread.given(rate + 0.1) for rate in (0.0, 0.2, 0.4)}
    assert spread.nearest(known, 0.35)["gain"] == pytest.approx(0.5)
    assert spread.nearest(known, 0.1)["gain"] == pytest.approx(0.1)


def test_spreads_that_cannot_be():
    for wrong in ((0.0, None), (0.01, -1.0)):
        with pytest.raises(WrongUse, match="is not above 0"):
            spread.given(*wrong)


def test_what_a_grid_lacks_is_said():
    """Without controls, without noise, and with two seeds."""
    rows = synthetic.rows(Truth(rates=(0.0, 0.2)))
    alone = rows[rows.algorithm == "lrr"]
    table = power(alone, {0.0: spread.given(0.01)}).table.groupby(["claim", "noise_rate"]).first()
    says = table.lacking.to_dict()
    assert says[1, 0.2] == "dense networks of smaller width are missing"
    assert says[2, 0.2] == "the spread of log_loss is not known"
    assert says[3, 0.0] == "there are no noisy examples"
    assert says[3, 0.2] == "lrr trained without the noisy examples is missing"
    assert says[4, 0.2] == "extended_dense is missing"
    few = power(rows[rows.seed < 2], {0.0: spread.given(0.01)}).table
    assert set(few.lacking) == {"2 of the 3 seeds that are needed"}
    assert few.seeds_needed.isna().all()


@pytest.mark.slow
def test_from_a_configuration():
    """The densities of the smoke job are counted as its verdicts count them."""
    config = pj.config("smoke")
    config.grid.seeds = (0, 1, 2)
    found = pj.power(config, spread=0.005, loss_spread=0.1)
    again = pj.power(config, spread=0.01, loss_spread=0.2)
    assert {0.005} == {own["gain"] for own in found.spreads.values()}
    known = found.table.smallest_effect.notna()
    assert known.any()
    both = known & again.table.smallest_effect.notna()
    ratio = again.table.smallest_effect[both] / found.table.smallest_effect[both]
    assert ratio.to_numpy() == pytest.approx(np.full(both.sum(), 2))
    with pytest.raises(ValueError, match="how much do seeds differ"):
        pj.power(config)
