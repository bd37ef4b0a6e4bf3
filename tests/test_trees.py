"""That types are checked while the tests run, those of pytrees included."""

import os

import jax
import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest
from trees import Arrays, Bools

from pruning_jax import masks

ones = {"Dense_0": {"kernel": jnp.ones((2, 3)), "bias": np.ones(3)}}
alive = {"Dense_0": {"kernel": jnp.ones((2, 3), bool), "bias": None}}
shapes = jax.eval_shape(lambda: ones)


@pytest.mark.parametrize("tree", [ones, alive, shapes, {}, jnp.ones(3)])
def test_trees_of_arrays(tree):
    assert isinstance(tree, Arrays)


@pytest.mark.parametrize("tree", [{"a": 1.0}, [jnp.ones(3), "b"], 3])
def test_what_is_no_tree_of_arrays(tree):
    assert not isinstance(tree, Arrays)


def test_masks_are_of_truth_values():
    assert isinstance(alive, Bools)
    assert not isinstance(ones, Bools)
    assert not isinstance(shapes, Bools)


@pytest.mark.skipif(
    "PRUNING_JAX_TYPES_UNCHECKED" in os.environ, reason="types are not checked in this run"
)
def test_functions_of_the_package_are_held_to_their_types():
    masks.apply(alive, ones)
    for mask, params in ((ones, ones), (alive, {"Dense_0": 1.0})):
        with pytest.raises(jaxtyping.TypeCheckError, match="Type-check error"):
            masks.apply(mask, params)
