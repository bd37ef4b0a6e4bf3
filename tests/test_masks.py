"""Masks: exact counts, no revival, nothing passes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pruning_jax import masks
from pruning_jax.pruning import weights_to_keep

AWKWARD = (np.nan, np.inf, -np.inf, -0.0, 0.0, 1.0, -1.0, 2.0)


def vector(of):
    """Twelve of something: as many as `tree` has prunable weights."""
    return st.lists(of, min_size=12, max_size=12)


SCORES = (
    vector(st.sampled_from(AWKWARD))
    | vector(st.integers(-2, 2))
    | vector(st.floats(width=32, allow_subnormal=False))
)


def tree(flat, of_bias):
    """Two layers of prunable weights, 6 each, from a vector; whatever `of_bias` beside them."""
    flat = jnp.asarray(flat)
    layers = {"a": flat[:6].reshape(2, 3), "b": flat[6:].reshape(3, 2)}
    return {name: {"bias": of_bias, "kernel": kernel} for name, kernel in layers.items()}


def mask_of(flat):
    return tree(np.array(flat, bool), None)


def scores_of(flat):
    return tree(np.array(flat, np.float32), jnp.full(2, np.inf))


def flat(mask):
    return np.concatenate([np.asarray(leaf).ravel() for leaf in jax.tree.leaves(mask)])


keep_top = jax.jit(masks.keep_top)
keep_top_per_layer = jax.jit(masks.keep_top_per_layer)


@example([-0.0, 0.0] * 6, [True] * 12, 5)
@given(SCORES, vector(st.booleans()), st.integers(0, 14))
def test_keep_top_keeps_exactly_the_best_survivors_ties_by_position(scores, mask, keep):
    kept = flat(keep_top(scores_of(scores), mask_of(mask), keep))
    assert kept.sum() == min(keep, sum(mask))
    assert not (kept & ~np.array(mask)).any(), "a pruned weight returned"
    np.testing.assert_array_equal(kept, reference.keep_top(np.float32(scores), mask, keep))


@given(SCORES, vector(st.booleans()), st.tuples(st.integers(0, 7), st.integers(0, 7)))
def test_per_layer_each_layer_keeps_its_own_best(scores, mask, keeps):
    kept = flat(keep_top_per_layer(scores_of(scores), mask_of(mask), jnp.array(keeps)))
    for part, keep in zip((slice(0, 6), slice(6, 12)), keeps, strict=True):
        expected = reference.keep_top(np.float32(scores[part]), mask[part], keep)
        np.testing.assert_array_equal(kept[part], expected)


@settings(max_examples=50)
@given(st.lists(st.tuples(SCORES, st.integers(0, 12)), min_size=2, max_size=5))
def test_masks_are_nested_whatever_the_later_scores(prunings):
    mask = mask_of([True] * 12)
    for scores, keep in prunings:
        smaller = keep_top(scores_of(scores), mask, keep)
        assert not (flat(smaller) & ~flat(mask)).any()
        mask = smaller


def test_keep_top_agrees_with_sorting_on_many_scores_of_all_sizes():
    rng = np.random.default_rng(0)
    scores = np.float32(rng.normal(size=5000) * 10.0 ** rng.integers(-30, 30, 5000))
    scores[rng.integers(0, 5000, 2000)] = scores[0]  # a tie across the threshold
    mask = rng.random(5000) < 0.7
    tied = int((scores[mask] > scores[0]).sum()) + 100
    for keep in (1, tied, 3000):
        kept = jax.jit(masks.keep_top)({"kernel": scores}, {"kernel": mask}, keep)["kernel"]
        np.testing.assert_array_equal(kept, reference.keep_top(scores, mask, keep))


@settings(max_examples=30)
@given(vector(st.booleans()), st.integers(0, 2**31))
def test_shuffle_keeps_the_counts_of_every_layer(mask, seed):
    shuffled = masks.shuffle(mask_of(mask), jax.random.key(seed))
    assert jax.tree.structure(shuffled) == jax.tree.structure(mask_of(mask))
    assert [leaf.sum() for leaf in jax.tree.leaves(shuffled)] == [sum(mask[:6]), sum(mask[6:])]


def test_shuffle_permutes_each_layer_on_its_own():
    one = jnp.arange(400).reshape(20, 20) < 200
    shuffled = masks.shuffle({"a": one, "b": one}, jax.random.key(0))
    for pair in ((shuffled["a"], one), (shuffled["b"], one), (shuffled["a"], shuffled["b"])):
        agreement = np.mean(np.asarray(pair[0]) == np.asarray(pair[1]))
        assert 0.35 < agreement < 0.65
    again = masks.shuffle({"a": one, "b": one}, jax.random.key(0))
    np.testing.assert_array_equal(again["a"], shuffled["a"])


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16, jnp.float16])
@pytest.mark.parametrize("under", [np.nan, np.inf, -np.inf, -1.0])
def test_nothing_passes_from_under_the_mask(under, dtype):
    mask = mask_of([True, False] * 6)
    params = tree(np.where(flat(mask), 1.5, under), jnp.full(2, under))
    params = jax.tree.map(lambda p: p.astype(dtype), params)
    applied = masks.apply(mask, params)
    assert all(leaf.dtype == dtype for leaf in jax.tree.leaves(applied))
    zeros = np.concatenate([np.float32(leaf).ravel() for leaf in masks.prunable(mask, applied)])
    np.testing.assert_array_equal(zeros, np.where(flat(mask), 1.5, 0.0))
    assert not np.signbit(zeros).any()
    np.testing.assert_array_equal(np.float32(applied["a"]["bias"]), np.full(2, under, np.float32))


@pytest.mark.parametrize("under", [np.nan, np.inf, 3.0])
def test_the_gradient_under_the_mask_is_exactly_zero(under):
    mask = mask_of([True, False] * 6)
    params = tree(np.where(flat(mask), 1.0, under).astype(np.float32), jnp.zeros(2))

    def loss(params):
        return sum(jnp.sum(jnp.exp(leaf)) for leaf in jax.tree.leaves(masks.apply(mask, params)))

    gradient = jax.grad(loss)(params)
    kernels = np.concatenate([leaf.ravel() for leaf in masks.prunable(mask, gradient)])
    np.testing.assert_allclose(kernels, np.where(flat(mask), np.e, 0.0), rtol=1e-6, atol=0)
    np.testing.assert_array_equal(gradient["a"]["bias"], 1)


def test_only_kernels_are_prunable_with_a_replica_axis_or_without():
    params = {
        "Conv_0": {"kernel": jnp.ones((3, 3, 1, 4)), "bias": jnp.ones(4)},
        "BatchNorm_0": {"scale": jnp.ones(4), "bias": jnp.ones(4)},
    }
    stacked = jax.tree.map(lambda leaf: jnp.stack([leaf] * 5), params)
    for each, sizes in ((params, 36), (stacked, 180)):
        mask = masks.dense(each)
        assert masks.sizes(mask) == {"Conv_0/kernel": sizes}
        assert mask["BatchNorm_0"] == {"scale": None, "bias": None}
        assert mask["Conv_0"]["bias"] is None
        assert mask["Conv_0"]["kernel"].all()


def test_counts_and_density():
    mask = mask_of([True] * 3 + [False] * 9)
    assert (masks.total(mask), int(masks.remaining(mask)), float(masks.density(mask))) == (
        12,
        3,
        0.25,
    )


def test_named_arrays_make_the_mask_again():
    mask = mask_of([True, False, True] * 4)
    named = masks.named(mask)
    assert list(named) == ["a/kernel", "b/kernel"]
    again = masks.unnamed(dict(reversed(named.items())), mask)
    assert jax.tree.structure(again) == jax.tree.structure(mask)
    np.testing.assert_array_equal(flat(again), flat(mask))


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ((), [False, False]),
        (("a",), [True, False]),
        (("b/kernel",), [False, True]),
        (("*",), [True, True]),
        (("[b-z]*",), [False, True]),
        (("A", "kernel", "a/"), [False, False]),
        (("c", "a"), [True, False]),
    ],
)
def test_layers_are_excluded_by_pattern(patterns, expected):
    assert weights_to_keep.excluded(mask_of([True] * 12), patterns).tolist() == expected
