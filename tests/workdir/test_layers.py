"""The NumPy of verify against the JAX that prunes: two programs, one rule."""

import hypothesis
import hypothesis.extra.numpy as arrays
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st

from pruning_jax import masks
from pruning_jax.pruning import weights_to_keep
from pruning_jax.workdir.invariants import averaged, layers

NAMES = ("Dense_10/kernel", "Dense_2/kernel", "a/b/kernel")  # in the order of Flax, not of numbers
SHAPES = ((3, 4), (2, 2, 1, 3), (5, 1))
SCORES = st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, float("nan"), float("inf"), 3e38, -2.0])


def tree(named):
    """Arrays by their paths as Flax nests them."""
    made = {}
    for name, leaf in named.items():
        *above, last = name.split("/")
        inner = made
        for part in above:
            inner = inner.setdefault(part, {})
        inner[last] = leaf
    return made


@st.composite
def scored(draw):
    """Scores and masks of three layers, in any order."""
    order = draw(st.permutations(range(len(NAMES))))
    scores = {NAMES[i]: draw(arrays.arrays(np.float32, SHAPES[i], elements=SCORES)) for i in order}
    alive = {NAMES[i]: draw(arrays.arrays(bool, SHAPES[i])) for i in order}
    return scores, alive


@pytest.mark.slow
@hypothesis.given(scored(), st.integers(0, 30))
def test_the_best_are_those_of_keep_top(given, keep):
    scores, alive = given
    nested = (jax.tree.map(jnp.asarray, tree(own)) for own in given)
    expected = masks.keep_top(*nested, jnp.int32(keep))
    found = layers.best(scores, alive, keep)
    for name, leaf in masks.named(expected).items():
        np.testing.assert_array_equal(found[name], leaf)


@hypothesis.given(st.lists(st.integers(1, 400), min_size=1, max_size=6), st.floats(0, 1), st.data())
def test_shares_are_those_of_weights_to_keep(sizes, density, data):
    names = [f"Dense_{i}/kernel" for i in range(len(sizes))]
    whole = data.draw(st.lists(st.sampled_from(names), unique=True))
    mask = {name: np.ones(size, bool) for name, size in zip(names, sizes, strict=True)}
    excluded = np.array([name in whole for name in names])
    expected = weights_to_keep.kept_per_layer(np.array(sizes), excluded, density)
    found = layers.kept_per_layer(mask, whole, density)
    assert [found[name] for name in names] == expected.tolist()


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_shares_of_large_layers(size):
    sizes = np.array([size, size // 3 + 1, size, 7])
    mask = {f"Dense_{i}/kernel": np.broadcast_to(True, (n,)) for i, n in enumerate(sizes)}
    for density in (1.0, 0.8, 0.31, 0.0101):
        expected = weights_to_keep.kept_per_layer(sizes, np.zeros(4, bool), density)
        assert [*layers.kept_per_layer(mask, (), density).values()] == expected.tolist()


def test_the_smallest_numbers_may_count_as_0():
    """Whatever this processor does with them is one of the two that verify allows."""
    tiny = np.array([1e-40, 0.0, 2e-40, 3e-41], np.float32)
    alive = np.ones(4, bool)
    nested = {"a": {"kernel": jax.jit(jnp.abs)(tiny)}}, {"a": {"kernel": jnp.asarray(alive)}}
    kept = jax.jit(masks.keep_top)(*nested, jnp.int32(2))
    found = [
        layers.best({"a/kernel": own}, {"a/kernel": alive}, 2)["a/kernel"].tolist()
        for own in (tiny, np.zeros(4, np.float32))
    ]
    assert np.asarray(kept["a"]["kernel"]).tolist() in found


def test_means_are_over_equal_labels():
    labels = [np.array([1, 2]), np.array([1, 3]), np.array([1, 2])]
    values = [np.array([1.0, 5.0]), np.array([2.0, 7.0]), np.array([np.nan, np.nan])]
    assert averaged.mean(labels, values, 0).tolist() == [1.5, 5.0]
    assert averaged.mean(labels, values, 1).tolist() == [1.5, 7.0]
    alone = [labels[0], labels[1]], [np.array([np.nan, 1.0]), np.array([np.nan, 2.0])]
    assert np.isnan(averaged.mean(*alone, 0)[0])
