"""The masked network of one replica: its gradient."""

import jax
import numpy as np
import reference

from pruning_jax import masks
from pruning_jax.training import network


def test_the_gradient_of_the_scoring_batch(recipe, images, begun):
    """Exactly 0 under the mask even where weights are not; elsewhere NumPy's."""
    params = jax.tree.map(lambda p: p + 0.1, begun.state.params)
    program = jax.jit(network.gradient, static_argnums=(0, 5))
    gradient = program(recipe, begun, images, params, {}, 20)
    layers = reference.layers(masks.apply(begun.mask, params))
    expected = reference.gradient(layers, reference.normalised(images)[:20], begun.labels[:20])
    alive = [np.asarray(leaf) for leaf in jax.tree.leaves(begun.mask)]
    for got, (dw, db), m in zip(reference.layers(gradient), expected, alive, strict=True):
        np.testing.assert_array_equal(got[0][~m], 0)
        np.testing.assert_allclose(got[0], dw * m, atol=1e-6)
        np.testing.assert_allclose(got[1], db, atol=1e-6)
