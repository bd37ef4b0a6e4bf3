"""Which weights lie on a path, against counting paths layer by layer in NumPy."""

import jax
import numpy as np
import pytest

from pruning_jax import masks
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.exploring import flow
from pruning_jax.training import state
from pruning_jax.training.network import logits

LENET = Recipe(
    model="lenet_300_100", width=0.05, image_shape=(3, 3, 1), num_classes=4, train_size=200
)
RESNET = Recipe(model="resnet20", width=0.25, image_shape=(8, 8, 3), num_classes=3, train_size=200)


def drawn(recipe, density, seed=0):
    rng = np.random.default_rng(seed)
    shapes = jax.eval_shape(masks.dense, state.shapes(recipe).params)
    return jax.tree.map(lambda leaf: np.asarray(rng.random(leaf.shape) < density), shapes)


@pytest.mark.parametrize("density", [1.0, 0.3, 0.1, 0.03])
@pytest.mark.parametrize("seed", [0, 1])
def test_it_is_what_products_of_masks_say(density, seed):
    """A weight from i to j of a layer lies on a path if an input reaches i and j an output."""
    mask = drawn(LENET, density, seed)
    layers = [np.asarray(leaf) for leaf in jax.tree.leaves(mask)]
    into = [np.ones(layers[0].shape[0], bool)]
    for layer in layers:
        into.append((into[-1][:, None] & layer).any(axis=0))
    out = [np.ones(layers[-1].shape[1], bool)]
    for layer in layers[::-1]:
        out.insert(0, (layer & out[0][None]).any(axis=1))
    found = jax.tree.leaves(flow.effective(LENET, mask))
    for i, layer in enumerate(layers):
        expected = layer & into[i][:, None] & out[i + 1][None]
        np.testing.assert_array_equal(found[i], expected)


def test_a_path_around_a_block_counts():
    """In a residual network what leaves a block unchanged keeps the weights before it alive."""
    like = drawn(RESNET, 1.0)
    mask = {**masks.named(like)}
    mask["Conv_1/kernel"] = np.zeros_like(mask["Conv_1/kernel"])
    found = masks.named(flow.effective(RESNET, masks.unnamed(mask, like)))
    assert np.asarray(found["Conv_0/kernel"]).all()
    assert not np.asarray(found["Conv_1/kernel"]).any()
    assert not np.asarray(found["Conv_2/kernel"]).any()  # nothing comes in
    assert np.asarray(found["Conv_3/kernel"]).all()


def test_weights_on_no_path_change_nothing():
    """The logits of a network stay, bit for bit, if these weights are taken away, but for what
    biases of dead units add."""
    mask = drawn(LENET, 0.08)
    params = jax.tree.map_with_path(
        lambda path, leaf: leaf if path[-1].key == "kernel" else 0 * leaf,
        state.create(LENET, jax.random.key(0)).params,
    )
    images = jax.random.normal(jax.random.key(1), (5, 3, 3, 1))
    effective = flow.effective(LENET, mask)
    assert masks.remaining(effective) < masks.remaining(mask)
    for own in (mask, effective):
        out, _ = logits(LENET, params, own, {}, images)
        if own is mask:
            expected = out
    np.testing.assert_array_equal(out, expected)
