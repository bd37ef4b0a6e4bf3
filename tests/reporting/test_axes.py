"""Axes hold their values and have a few ticks at round numbers."""

import math

import hypothesis.strategies as st
import pytest
from hypothesis import given

from pruning_jax.reporting import axes

NUMBERS = st.floats(-1e9, 1e9, allow_subnormal=False).filter(lambda v: v == 0 or abs(v) > 1e-9)


def value(words):
    """The number that a tick says."""
    return float(words.replace("\N{MINUS SIGN}", "-"))


def check(axis, values):
    """Raises if an axis lacks a value, or its ticks are too few, too many, outside, or wrong."""
    assert all(axis.low < v < axis.high for v in values)
    assert 2 <= len(axis.ticks) <= 8
    for tick, words in axis.ticks:
        assert axis.low <= tick <= axis.high
        assert value(words) == pytest.approx(tick, rel=1e-6, abs=1e-12)
    assert len({words for _, words in axis.ticks}) == len(axis.ticks)


@pytest.mark.parametrize("make", [axes.linear, axes.logarithmic])
@pytest.mark.parametrize(
    "values", [(0.2, 31.0), (95.0, 99.2), (1e-7, 2.0), (-3.0, 4.0), (5.0, 5.0), (0.0, 0.0), ()]
)
def test_axes_hold_all_values_and_have_ticks(make, values):
    check(make("", values), values)


@given(st.floats(1e-9, 1e9), st.floats(2.0, 1e9))
def test_logarithmic_axes_of_any_range_have_ticks(low, factor):
    axis = axes.logarithmic("", [low, low * factor])
    assert axis.log
    check(axis, (low, low * factor))


@given(NUMBERS, NUMBERS)
def test_linear_axes_of_any_range_have_ticks(one, other):
    low, high = sorted((one, other))
    if high - low > 1e-6 * max(abs(low), abs(high)):  # else no words tell the ticks apart
        axis = axes.linear("", [low, high])
        assert axis.low < low < high < axis.high
        assert 2 <= len(axis.ticks) <= 8
        assert len({words for _, words in axis.ticks}) == len(axis.ticks)


@pytest.mark.parametrize(
    "values", [(0.0, 100.0), (-20.0, 55.0, 130.0), (0.0,), (100.0,), (3.0, 8.0), ()]
)
def test_axes_of_percentages_end_at_0_and_100(values):
    """What lies beyond is the end of an interval: no fraction is below 0 or above 1."""
    axis = axes.percentage("", values)
    possible = [v for v in values if 0 <= v <= 100]
    check(axis, possible)
    assert axis.low >= -0.05 * (axis.high - axis.low)
    assert axis.high <= 100 + 0.05 * (axis.high - axis.low)
    assert all(0 <= tick <= 100 for tick, _ in axis.ticks)


def test_logarithmic_axes_of_percentages_end_at_100():
    axis = axes.log_percentage("", [1.0, 90.0, 400.0])
    assert axis.log
    assert axis.low < 1
    assert 100 < axis.high < 115
    assert axes.log_percentage("", [80.0, 90.0, 150.0]) == axes.percentage("", [80.0, 90.0, 100.0])


def test_a_logarithmic_axis_of_values_that_have_no_logarithm_is_linear():
    assert not axes.logarithmic("", [0.0, 5.0]).log
    assert not axes.logarithmic("", [3.0, 5.0]).log


def test_values_that_are_not_finite_have_no_place():
    assert axes.linear("", [1.0, math.nan, math.inf, 2.0]) == axes.linear("", [1.0, 2.0])


@pytest.mark.parametrize("lowest", [0.9, 0.3, 0.0687, 0.018, 0.0028, 1e-4])
def test_density_falls_to_the_right_and_is_said_with_weights(lowest):
    axis = axes.density([1.0, lowest], 266_200.0)
    assert axis.low > 1 > lowest > axis.high
    assert axis.log
    assert 2 <= len(axis.ticks) <= 7
    assert axis.ticks[0] == (1.0, "100\N{NO-BREAK SPACE}%\n266k")
    assert [tick for tick, _ in axis.ticks] == sorted((t for t, _ in axis.ticks), reverse=True)
    assert "weights" in axis.title


def test_categories_have_their_words_and_some_are_left_out():
    axis = axes.categories("", "abcdefghij", 4)
    assert axis.ticks == ((0.0, "a"), (3.0, "d"), (6.0, "g"), (9.0, "j"))
    assert (axis.low, axis.high) == (-0.5, 9.5)
    assert len(axes.categories("", "abc").ticks) == 3
