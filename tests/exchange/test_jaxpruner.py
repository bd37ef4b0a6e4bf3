"""Trees as JaxPruner keeps them."""

from typing import Any, NamedTuple

import flax.core
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pruning_jax import masks
from pruning_jax.errors import WrongUse
from pruning_jax.exchange.jaxpruner import from_jaxpruner


class SparseState(NamedTuple):
    """What JaxPruner keeps as the state of the optimizer."""

    masks: Any
    inner_state: Any = None
    target_sparsities: Any = None
    count: Any = None


def trees():
    """Parameters that JaxPruner has not zeroed (a straight-through estimator), and its state."""
    rng = np.random.default_rng(0)
    shapes = {"Conv_0": (3, 3, 2, 5), "Dense_0": (45, 7), "Dense_1": (7, 3)}
    params = {
        name: {
            "kernel": jnp.asarray(rng.normal(size=shape), jnp.float32),
            "bias": jnp.asarray(rng.normal(size=shape[-1:]), jnp.float32),
        }
        for name, shape in shapes.items()
    }
    own = {
        name: {
            "kernel": None
            if name == "Dense_1"
            else jnp.asarray(rng.random(shape) < 0.4, jnp.uint8),
            "bias": None,
        }
        for name, shape in shapes.items()
    }
    return {"head": params}, SparseState({"head": own}, count=jnp.int32(7))


def test_parameters_and_masks():
    params, state = trees()
    found, mask = from_jaxpruner(params, state.masks)
    assert jax.tree.structure(found) == jax.tree.structure(params)
    assert jax.tree.structure(mask) == jax.tree.structure(masks.dense(params))
    for name in ("Conv_0", "Dense_0"):
        own, kept = params["head"][name]["kernel"], state.masks["head"][name]["kernel"]
        np.testing.assert_array_equal(mask["head"][name]["kernel"], kept == 1)
        np.testing.assert_array_equal(found["head"][name]["kernel"], own * kept)
        assert found["head"][name]["kernel"].dtype == np.float32
        assert mask["head"][name]["bias"] is None
    assert mask["head"]["Dense_1"]["kernel"].all()
    np.testing.assert_array_equal(
        found["head"]["Dense_1"]["kernel"], params["head"]["Dense_1"]["kernel"]
    )
    assert int(masks.remaining(mask)) == sum(int(m.sum()) for m in jax.tree.leaves(mask))


def test_other_forms_of_the_same():
    params, state = trees()
    expected = from_jaxpruner(params, state.masks)
    bools = jax.tree.map(lambda m: m.astype(bool), state.masks)
    packed = jax.tree.map(jnp.packbits, state.masks)
    frozen = flax.core.freeze(params), flax.core.freeze(state.masks)
    for found in (
        from_jaxpruner(params, bools),
        from_jaxpruner(params, packed, packed=True),
        from_jaxpruner(*frozen),
    ):
        for one, two in zip(found, expected, strict=True):
            assert jax.tree.structure(one) == jax.tree.structure(two)
            for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True):
                np.testing.assert_array_equal(a, b)


def test_nothing_pruned():
    params, _ = trees()
    found, mask = from_jaxpruner(params, jax.tree.map(lambda _: None, params))
    assert float(masks.density(mask)) == 1
    assert all((a == b).all() for a, b in zip(*map(jax.tree.leaves, (found, params)), strict=True))


def changed(tree, path, leaf):
    """A copy of nested dicts with another leaf, or without it."""
    first, *rest = path
    below = changed(tree[first], rest, leaf) if rest else leaf
    copy = {**tree, first: below}
    return {k: v for k, v in copy.items() if v is not ...}


def test_what_does_not_fit():
    params, state = trees()
    own, at = state.masks, ("head", "Dense_0", "kernel")
    cases = [
        (params, own["head"], "masks: head/Conv_0/bias, head/Conv_0/kernel, .* is missing"),
        (params, changed(own, at, ...), "masks: head/Dense_0/kernel is missing"),
        (changed(params, at, ...), own, "masks: head/Dense_0/kernel is there in vain"),
        (changed(params, at, None), own, "params: head/Dense_0/kernel is None"),
        (
            params,
            changed(own, at, np.ones((2, 2))),
            r"has the shape \(2, 2\), its parameters \(45, 7\)",
        ),
        (
            params,
            changed(own, at, 2 * own["head"]["Dense_0"]["kernel"]),
            "other values than 0 and 1",
        ),
        (
            params,
            changed(own, ("head", "Dense_0", "bias"), np.eye(7)[0]),
            "head/Dense_0/bias is pruned",
        ),
        (params, jax.tree.map(jnp.packbits, own), "packed=True"),
        (jax.tree.leaves(params), own, "params are of type list"),
        ({0: params}, {0: own}, "has a name that is no text"),
    ]
    for one, two, says in cases:
        with pytest.raises(WrongUse, match=says):
            from_jaxpruner(one, two)
    with pytest.raises(WrongUse, match="not the bytes of 90 packed places"):
        from_jaxpruner(params, own, packed=True)
