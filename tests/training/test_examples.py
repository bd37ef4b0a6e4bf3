"""Examples on their way into a network: every one once, in an order of the replica's own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference

from pruning_jax.training import examples

KEY = jax.random.key(5)


def test_every_example_comes_exactly_once_in_an_epoch_in_another_order_in_the_next(recipe):
    """40 examples in steps of 16: the last step has 8."""
    orders = [np.asarray(examples.epoch_order(recipe, KEY, epoch)) for epoch in range(3)]
    for order in orders:
        assert order.shape == (3, 16)
        assert sorted(order.ravel()) == [-1] * 8 + list(range(40))
        assert (order[-1] == -1).sum() == 8
    assert (orders[0] != orders[1]).any()
    assert (orders[1] != orders[2]).any()
    np.testing.assert_array_equal(examples.epoch_order(recipe, KEY, 1), orders[1])
    assert (examples.epoch_order(recipe, jax.random.key(6), 0) != orders[0]).any()


def test_images_are_normalised_channel_by_channel(images):
    images = jax.tree.map(jnp.asarray, images)
    got = examples.normalise(images.pixels, images)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got.reshape(len(got), -1), reference.normalised(images), rtol=1e-5)
    pixels = jnp.full((2, 1, 1, 2), 100, jnp.uint8)
    two = images._replace(mean=jnp.array([90.0, 80.0]), std=jnp.array([10.0, 40.0]))
    np.testing.assert_array_equal(examples.normalise(pixels, two), np.tile([1, 0.5], (2, 1, 1, 1)))


@pytest.mark.parametrize("order", [[3, 1, 4], [7, -1, -1]])
def test_a_batch_has_the_examples_of_its_order_and_repeats_one_as_padding(order, begun, images):
    used = np.arange(40, dtype=np.int32)[::-1]
    replica, shared = jax.tree.map(jnp.asarray, (begun._replace(used=used), images))
    batch = examples.gather(replica, shared, jnp.array(order))
    valid = np.array(order) >= 0
    places = used[np.where(valid, order, order[0])]
    np.testing.assert_array_equal(batch.valid, valid)
    np.testing.assert_array_equal(batch.places, places)
    np.testing.assert_array_equal(batch.images, images.pixels[places])
    np.testing.assert_array_equal(batch.labels, begun.labels[places])
