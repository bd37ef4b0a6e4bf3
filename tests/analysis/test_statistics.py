"""Intervals, p-values and their correction, against SciPy, by hand and by simulation."""

import numpy as np
import pytest
from scipy import stats

from pruning_jax.analysis import selection
from pruning_jax.analysis.selection import take
from pruning_jax.analysis.settings import Settings
from pruning_jax.analysis.statistics import estimate, estimates, holm, one_sided


def values(shape, seed=0):
    return np.random.default_rng(seed).normal(0.3, 1, shape)


@pytest.mark.parametrize("count", [2, 3, 5, 9])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.997])
def test_below_ten_replicates_it_is_students_t(count, confidence):
    found = estimate(values(count), confidence=confidence)
    test = stats.ttest_1samp(values(count), 0)
    ends = test.confidence_interval(confidence)
    np.testing.assert_allclose(found[:4], [values(count).mean(), *ends, test.pvalue], rtol=1e-9)
    assert found.replicates == count


def test_many_at_once_are_each_alone():
    table = values((12, 3, 4))
    table[0, 1, 2] = np.nan
    table[:4, 2, 0] = np.inf
    table[:11, 0, 0] = np.nan
    table[:, 0, 1] = np.nan
    found = estimates(table)
    for index in np.ndindex(3, 4):
        alone = estimate(table[:, *index])
        np.testing.assert_allclose(found.at(*index), alone, rtol=1e-9)
    assert found.replicates.tolist() == [[1, 0, 12, 12], [12, 12, 11, 12], [8, 12, 12, 12]]


@pytest.mark.parametrize("few", [[], [np.nan], [0.5], [0.5, np.nan, np.inf]])
def test_fewer_than_two_replicates_have_no_interval(few):
    found = estimate(few)
    known = np.array(few)[np.isfinite(few)]
    assert np.isnan(found[1:4]).all()
    np.testing.assert_array_equal(found.mean, known[0] if len(known) else np.nan)
    assert found.replicates == len(known)


@pytest.mark.parametrize("count", [2, 5, 12])
def test_equal_replicates_have_no_width(count):
    found = estimate([0.25] * count)
    assert found[:3] == (0.25, 0.25, 0.25)
    assert np.isnan(found.p)  # of what is never seen to vary nothing is known
    assert estimate([0.0] * count) == (0.0, 0.0, 0.0, 1.0, count)
    rounding = 1e-17 * np.arange(count)
    assert estimate(rounding).p == 1.0
    assert np.isnan(estimate(0.1 + rounding).p)


@pytest.mark.parametrize("count", [3, 5, 12, 40])
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 16])
def test_what_agrees_may_be_off_by_what_agreement_leaves_open(count, alpha):
    """Accuracies in steps of one example that agree in all replicates: at level alpha, a share
    of up to 1 - alpha^(1/count) of all networks may lie a step lower."""
    step = 0.002
    found = estimate([0.1] * count, confidence=1 - 2 * alpha, resolution=step)
    half = stats.t.ppf(1 - alpha, count - 1) * step / np.sqrt(count)
    assert found.high - found.mean == pytest.approx(half)
    assert found.mean - found.low >= (1 - alpha ** (1 / count)) * step
    assert found.p == pytest.approx(2 * stats.t.sf(0.1 * np.sqrt(count) / step, count - 1))


def test_a_resolution_that_is_finer_than_the_spread_changes_nothing():
    table = values((12, 5))
    assert np.array_equal(estimates(table, resolution=1e-3), estimates(table))
    wide = estimates(table, resolution=10.0)
    np.testing.assert_allclose(wide.high - wide.mean, stats.t.ppf(0.975, 11) * 10 / np.sqrt(12))


@pytest.mark.parametrize("count", [5, 12])
def test_one_sided_tests_are_those_of_scipy_and_no_order_matters(count):
    table = values((count, 30))
    found = estimates(table)
    for above, alternative in ((True, "greater"), (False, "less")):
        p = one_sided(found, above=above)
        if count < 10:
            np.testing.assert_allclose(p, stats.ttest_1samp(table, 0, alternative=alternative)[1])
        again = one_sided(estimates(table[::-1]), above=above)
        np.testing.assert_allclose(p, again, rtol=1e-9)
    total = one_sided(found, above=True) + one_sided(found, above=False)
    np.testing.assert_allclose(total, 1)


def bootstrap_t(sample, resamples, rng):
    """|t*| of each resample, from the resampled values themselves."""
    drawn = rng.choice(sample, (resamples, len(sample)))
    return np.abs(drawn.mean(1) - sample.mean()) / stats.sem(drawn, axis=1)


def test_from_ten_replicates_it_is_the_symmetric_bootstrap_t():
    sample = np.random.default_rng(1).exponential(1, 15) - 0.4
    resampled = bootstrap_t(sample, 10_000, np.random.default_rng(2))
    half = np.quantile(resampled, 0.95) * stats.sem(sample)
    p = np.mean(resampled >= sample.mean() / stats.sem(sample))
    found = estimate(sample)
    assert found.high - found.mean == pytest.approx(half, rel=0.05)
    assert found.mean - found.low == pytest.approx(half, rel=0.05)
    assert found.p == pytest.approx(p, abs=0.01)
    assert found == estimate(sample)  # the resamples are fixed
    assert found != estimate(sample, seed=1)
    assert estimate(sample, bootstrap_from=16)[:3] == pytest.approx(
        [sample.mean(), *stats.ttest_1samp(sample, 0).confidence_interval(0.95)]
    )


def test_interval_and_p_agree_on_where_zero_lies():
    found = estimates(values((10, 400)), confidence=0.95)
    np.testing.assert_array_equal(found.p <= 0.05, (found.low > 0) | (found.high < 0))


def test_too_few_resamples_for_a_confidence_have_no_end():
    assert estimate(values(10), confidence=0.99, resamples=50).high == np.inf


@pytest.mark.parametrize("draw", ["normal", "exponential"])
@pytest.mark.parametrize("confidence", [0.95, 0.995])
def test_the_bootstrap_covers(draw, confidence):
    """1,000 samples of 12; symmetric intervals of skewed values reach a little less far."""
    sample = getattr(np.random.default_rng(3), draw)(size=(12, 1000))
    truth = {"normal": 0, "exponential": 1}[draw]
    found = estimates(sample, confidence=confidence)
    missed = np.mean((found.low > truth) | (found.high < truth))
    assert missed < (1 - confidence) * {"normal": 1.4, "exponential": 3}[draw]
    assert missed > (1 - confidence) * 0.2


def test_holm_by_hand():
    p = [0.01, 0.04, 0.03, 0.005]  # in order: 4 * 0.005, 3 * 0.01, 2 * 0.03, then no less
    np.testing.assert_allclose(holm(p), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(
        holm([np.nan, 0.2, np.nan, 0.01, 0.9]), [np.nan, 0.4, np.nan, 0.03, 0.9]
    )
    assert holm([]).tolist() == []
    assert holm([0.7, 0.8]).tolist() == [1, 1]
    assert np.isnan(holm([np.nan, np.nan])).all()


def test_the_best_round_is_chosen_by_differences_from_dense():
    """The better seed lacks the better round, the third has almost nothing."""
    validation = np.array([[0.9, 0.91, np.nan], [0.5, 0.51, 0.55], [np.nan, np.nan, np.nan]])
    allowed = np.array([False, True, True])
    assert selection.best(validation, validation[:, 0], allowed) == 2
    assert selection.best(validation, validation[:, 0], allowed & [1, 1, 0]) == 1
    assert selection.best(validation, validation[:, 0], allowed & False) == -1


def test_a_round_that_few_seeds_reached_is_not_chosen():
    validation = np.full((5, 3), [0.5, 0.6, np.nan])
    validation[:2, 2] = 0.9
    assert selection.best(validation, validation[:, 0], np.array([True] * 3)) == 1


def test_only_earlier_seeds_choose():
    validation = np.array([[3, 0, 0], [0, 2, 0], [0, 2, 0], [9, 9, 9], [0, 0, 9]], float)
    reference, allowed = np.zeros(5), np.array([True] * 3)
    found = selection.sequential(validation, reference, allowed)
    assert found.tolist() == [1, 0, 0, 1, 1]  # by the second; by 3 0 0; 3 2 0; 3 4 0; 3 4 0
    gaps = np.insert(validation, [0, 1], np.nan, axis=0)
    found = selection.sequential(gaps, np.zeros(7), allowed)
    assert found.tolist() == [1, 1, 0, 0, 0, 1, 1]
    alone = selection.sequential(validation[:1], reference[:1], allowed)
    assert alone.tolist() == [0]
    assert selection.sequential(validation * np.nan, reference, allowed).tolist() == [-1] * 5
    assert np.isnan(take(validation, np.array([-1] * 5))).all()


def error_rate(choose, seeds, rounds=18, tables=600):
    """How often a t-interval lies above, and below, a difference of 0 between networks of which
    one was chosen by its validation accuracy, which shares its luck with the test."""
    rng = np.random.default_rng(4)
    luck = rng.normal(size=(tables, seeds, rounds))
    difference = luck + rng.normal(size=luck.shape)
    chosen = np.array([choose(table) for table in luck])
    taken = np.take_along_axis(difference, chosen[..., None], 2)[..., 0]
    found = estimates(taken.T, bootstrap_from=99)
    return np.mean(found.low > 0), np.mean(found.high < 0)


def test_only_choice_by_earlier_seeds_has_the_level_it_claims():
    allowed = np.full(18, True)

    def naive(table):
        return np.full(len(table), selection.best(table, np.zeros(len(table)), allowed))

    def leave_one_out(table):
        return (table.sum(0) - table).argmax(1)

    def earlier(table):
        return selection.sequential(table, np.zeros(len(table)), allowed)

    for seeds in (5, 12):
        assert max(error_rate(earlier, seeds)) < 0.05
        assert error_rate(naive, seeds)[0] > 0.1  # would be called supported
        assert sum(error_rate(leave_one_out, seeds)) > 0.08


@pytest.mark.parametrize(
    "wrong", [{"alpha": 0.0}, {"alpha": 1.0}, {"size_tolerance": 0.9}, {"resamples": 1}]
)
def test_thresholds_are_checked(wrong):
    name, value = next(iter(wrong.items()))
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        Settings(**wrong)
