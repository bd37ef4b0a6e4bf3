"""How many weights a density keeps: of a network, and of each layer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pruning_jax.pruning import weights_to_keep

SIZES = np.array([9 * 15, 15 * 5, 5 * 3])


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=5),
    st.integers(1, 20),
    st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_with_a_lower_density_no_layer_keeps_more(sizes, percent, excluded):
    """And all that is asked for is kept, down to what excluded layers hold."""
    sizes, excluded = np.array(sizes), np.array(excluded[: len(sizes)])
    before = sizes
    for round_ in range(30):
        density = (1 - percent / 100) ** round_
        keeps = weights_to_keep.kept_per_layer(sizes, excluded, density)
        assert (keeps <= before).all()
        assert (keeps[excluded] == sizes[excluded]).all()
        assert keeps.sum() == max(sizes[excluded].sum(), weights_to_keep.kept(sizes, density))
        before = keeps


@pytest.mark.parametrize("excluded", [(), (0,), (1, 2)])
@pytest.mark.parametrize("density", [1.0, 0.8, 0.512, 0.45, 1 / 3])
def test_the_counts_of_layers_add_up(excluded, density):
    whole = np.isin(np.arange(3), excluded)
    keeps = weights_to_keep.kept_per_layer(SIZES, whole, density)
    expected = max(round(225 * density), SIZES[whole].sum())
    assert keeps.sum() == expected
    assert (keeps[whole] == SIZES[whole]).all()
    free = SIZES[~whole] * (expected - SIZES[whole].sum()) / SIZES[~whole].sum()
    assert abs(keeps[~whole] - free).max() < 1


def test_counts_follow_the_absolute_round_without_drift():
    """266,200 weights, a fifth of the rest in each of 20 rounds: never a rounded number's fifth."""
    kept = [weights_to_keep.kept(np.array([266_200]), 0.8**r) for r in range(21)]
    assert kept[:5] == [266_200, 212_960, 170_368, 136_294, 109_036]
    assert kept[20] == 3069


def test_layers_are_excluded_by_their_path_or_their_name():
    mask = {f"Dense_{i}": {"kernel": np.ones(2, bool), "bias": None} for i in range(3)}
    for patterns, expected in [
        ((), [False, False, False]),
        (("Dense_1",), [False, True, False]),
        (("Dense_0/kernel", "*_2"), [True, False, True]),
        (("kernel",), [False, False, False]),
    ]:
        assert weights_to_keep.excluded(mask, patterns).tolist() == expected
