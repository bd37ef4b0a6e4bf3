"""Training one replica: parts equal the whole, padding has no weight, pruned weights stay 0."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference
from flax import linen as nn

from pruning_jax import masks
from pruning_jax.training import state
from pruning_jax.training.examples import gather
from pruning_jax.training.fit import fit as training
from pruning_jax.training.fit import step as one_step

KEY = jax.random.key(5)
fit = jax.jit(training, static_argnums=0)


def step(recipe, replica, images, order, key):
    """A step on the examples at the places `order`, -1 for padding."""
    return one_step(recipe, replica, gather(replica, images, order), key, images)


def equal(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def test_the_last_step_of_an_epoch_is_the_mean_over_the_examples_that_are_left(
    recipe, images, begun
):
    """Padding has no weight."""
    plain = dataclasses.replace(recipe, momentum=0.0, weight_decay=0.0)
    left = np.array([3, 1, 4, 15, 9, 2, 6, 5])
    batch = jnp.asarray(np.concatenate([left, np.full(8, -1)]))
    begin = begun._replace(state=state.at_step(plain, begun.state.params, {}, 0))
    now = jax.jit(step, static_argnums=0)(plain, begin, images, batch, KEY)
    network = reference.layers(begun.state.params)
    inputs = reference.normalised(images)[left]
    gradient = reference.gradient(network, inputs, begun.labels[left])
    alive = [np.asarray(leaf) for leaf in jax.tree.leaves(begun.mask)]
    parts = zip(reference.layers(now.params), network, gradient, alive, strict=True)
    for (weights, biases), (w, b), (dw, db), m in parts:
        np.testing.assert_allclose(weights, w - plain.learning_rate * dw * m, atol=1e-6)
        np.testing.assert_allclose(biases, b - plain.learning_rate * db, atol=1e-6)


class Normalised(nn.Module):
    """A network with BatchNorm."""

    @nn.compact
    def __call__(self, images, train=False, valid=None):
        x = nn.Dense(4)(images.reshape(images.shape[0], -1))
        return nn.Dense(3)(nn.BatchNorm(use_running_average=not train)(x))


def normalised(recipe):
    return Normalised()


def test_batch_norm_sees_no_image_beyond_the_training_set(recipe, images, begun):
    """Padding is of the training set, too: here for a network that takes no notice of `valid`."""
    recipe = dataclasses.replace(recipe, model=f"{__name__}:normalised")
    begin = state.create(recipe, KEY)
    replica = begun._replace(state=begin, mask=masks.dense(begin.params))
    batch = jnp.asarray([3, 1, 4] + [-1] * 13)
    others = np.array(images.pixels)
    others[recipe.train_size :] = 255 - others[recipe.train_size :]
    one, other = (
        step(recipe, *jax.tree.map(jnp.asarray, (replica, images._replace(pixels=p))), batch, KEY)
        for p in (images.pixels, others)
    )
    equal(one, other)
    before, after = (np.asarray(s.statistics["BatchNorm_0"]["mean"]) for s in (begin, one))
    assert (before != after).all()


@pytest.mark.parametrize("stops", [(1,), (2, 3), (3, 4, 8), tuple(range(1, 9))])
def test_training_in_parts_equals_training_in_one_go(stops, recipe, images, begun):
    """Bit for bit, wherever inside an epoch it is cut."""
    now = begun
    for start, stop in zip((0, *stops), (*stops, 9), strict=True):
        now = now._replace(state=fit(recipe, now, images, start, stop))
        assert now.state.step == stop
    equal(now.state, fit(recipe, begun, images, 0, 9))


def test_the_order_follows_the_epoch_that_a_step_lies_in(recipe, images, begun):
    """A later start is not the first epoch again."""
    first, second = (fit(recipe, begun, images, s, s + 1) for s in (0, 3))
    assert any((a != b).any() for a, b in zip(*map(jax.tree.leaves, (first, second)), strict=True))


def test_nothing_to_do_changes_nothing(recipe, images, begun):
    for at in (0, 2, 3, 9):
        equal(begun.state, fit(recipe, begun, images, at, at))


def test_examples_beyond_the_training_set_are_never_trained_on(recipe, images, begun):
    pixels, labels = images.pixels.copy(), begun.labels.copy()
    pixels[40:] = 255 - pixels[40:]
    labels[40:] = (labels[40:] + 1) % 3
    other = fit(recipe, begun._replace(labels=labels), images._replace(pixels=pixels), 0, 9)
    equal(fit(recipe, begun, images, 0, 9), other)


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "sgd"},
        {"optimizer": "sgd", "nesterov": True},
        {"optimizer": "adam", "learning_rate": 0.01},
        {"optimizer": "adamw", "learning_rate": 0.01},
    ],
    ids=lambda settings: "-".join(map(str, settings.values())),
)
def test_pruned_weights_and_all_that_the_optimizer_keeps_of_them_stay_zero(
    settings, recipe, images, begun
):
    recipe = dataclasses.replace(recipe, momentum=0.9, weight_decay=0.1, **settings)
    begin, mask = state.at_step(recipe, begun.state.params, {}, 0), begun.mask
    now = fit(recipe, begun._replace(state=begin), images, 0, 9)
    optimizer = [t for t in jax.tree.leaves(now.optimizer, is_leaf=_is_params) if _is_params(t)]
    assert len(optimizer) == (1 if settings["optimizer"] == "sgd" else 2)
    for tree in (now.params, *optimizer):
        for leaf, alive in zip(masks.prunable(mask, tree), jax.tree.leaves(mask), strict=True):
            np.testing.assert_array_equal(leaf[~alive], 0)
            assert (leaf[alive] != 0).mean() > 0.9
    moved = zip(jax.tree.leaves(now.params), jax.tree.leaves(begin.params), strict=True)
    assert all((a != b).any() for a, b in moved)


def _is_params(tree):
    return isinstance(tree, dict) and "Dense_0" in tree
