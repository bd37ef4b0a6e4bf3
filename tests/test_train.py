"""Training one replica: every example once, parts equal the whole, pruned weights stay 0."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference
from flax import linen as nn

from pruning_jax import masks, models, state, train

KEY = jax.random.key(5)
fit = jax.jit(train.fit, static_argnums=0)


def step(recipe, state, mask, examples, order, key):
    """A step on the examples at the places `order`, -1 for none."""
    return train.step(recipe, state, mask, examples, train.gather(examples, order), key)


@pytest.fixture(scope="module")
def examples(stack):
    """Those of one replica."""
    return jax.device_get(stack.examples._replace(labels=stack.labels[0], used=stack.used[0]))


@pytest.fixture(scope="module")
def begun(create):
    """A new network of which half the weights are pruned: state and mask."""
    new = create(5)
    mask = jax.tree.map(
        lambda leaf: (jnp.arange(leaf.size) % 2 == 0).reshape(leaf.shape), masks.dense(new.params)
    )
    return new._replace(params=masks.apply(mask, new.params)), mask


def equal(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def test_every_example_comes_exactly_once_in_an_epoch_in_another_order_in_the_next(recipe):
    """40 examples in steps of 16: the last step has 8."""
    orders = [np.asarray(train.epoch_order(recipe, KEY, epoch)) for epoch in range(3)]
    for order in orders:
        assert order.shape == (3, 16)
        assert sorted(order.ravel()) == [-1] * 8 + list(range(40))
        assert (order[-1] == -1).sum() == 8
    assert (orders[0] != orders[1]).any()
    assert (orders[1] != orders[2]).any()
    np.testing.assert_array_equal(train.epoch_order(recipe, KEY, 1), orders[1])
    assert (train.epoch_order(recipe, jax.random.key(6), 0) != orders[0]).any()


def test_the_last_step_of_an_epoch_is_the_mean_over_the_examples_that_are_left(
    recipe, examples, begun
):
    """What fills up the batch has no weight."""
    plain = dataclasses.replace(recipe, momentum=0.0, weight_decay=0.0)
    begin, mask = begun
    left = np.array([3, 1, 4, 15, 9, 2, 6, 5])
    batch = jnp.asarray(np.concatenate([left, np.full(8, -1)]))
    now = jax.jit(step, static_argnums=0)(plain, begin, mask, examples, batch, KEY)
    network = reference.layers(begin.params)
    gradient = reference.gradient(network, reference.images(examples)[left], examples.labels[left])
    alive = [np.asarray(leaf) for leaf in jax.tree.leaves(mask)]
    parts = zip(reference.layers(now.params), network, gradient, alive, strict=True)
    for (weights, biases), (w, b), (dw, db), m in parts:
        np.testing.assert_allclose(weights, w - plain.learning_rate * dw * m, atol=1e-6)
        np.testing.assert_allclose(biases, b - plain.learning_rate * db, atol=1e-6)


class Normalised(nn.Module):
    """A network with BatchNorm."""

    @nn.compact
    def __call__(self, images, train=False, counts=None):
        x = nn.Dense(4)(images.reshape(images.shape[0], -1))
        return nn.Dense(3)(nn.BatchNorm(use_running_average=not train)(x))


def test_batch_norm_sees_no_image_beyond_the_training_set(recipe, examples, monkeypatch):
    """What fills up a batch is of the training set, too."""
    monkeypatch.setattr(models, "build", lambda recipe: Normalised())
    begin = state.create(recipe, KEY)
    mask = masks.dense(begin.params)
    batch = jnp.asarray([3, 1, 4] + [-1] * 13)
    others = np.array(examples.images)
    others[recipe.train_size :] = 255 - others[recipe.train_size :]
    one, other = (
        step(
            recipe,
            begin,
            mask,
            jax.tree.map(jnp.asarray, examples._replace(images=images)),
            batch,
            KEY,
        )
        for images in (examples.images, others)
    )
    jax.tree.map(np.testing.assert_array_equal, one, other)
    before, after = (np.asarray(s.statistics["BatchNorm_0"]["mean"]) for s in (begin, one))
    assert (before != after).all()


@pytest.mark.parametrize("stops", [(1,), (2, 3), (3, 4, 8), tuple(range(1, 9))])
def test_training_in_parts_equals_training_in_one_go(stops, recipe, examples, begun):
    """Bit for bit, wherever inside an epoch it is cut."""
    whole, mask = begun
    now = whole
    for start, stop in zip((0, *stops), (*stops, 9), strict=True):
        now = fit(recipe, now, mask, examples, KEY, start=start, stop=stop)
        assert now.step == stop
    equal(now, fit(recipe, whole, mask, examples, KEY, start=0, stop=9))


def test_the_order_follows_the_epoch_that_a_step_lies_in(recipe, examples, begun):
    """A later start is not the first epoch again."""
    begin, mask = begun
    first, second = (fit(recipe, begin, mask, examples, KEY, start=s, stop=s + 1) for s in (0, 3))
    assert any((a != b).any() for a, b in zip(*map(jax.tree.leaves, (first, second)), strict=True))


def test_nothing_to_do_changes_nothing(recipe, examples, begun):
    begin, mask = begun
    for at in (0, 2, 3, 9):
        equal(begin, fit(recipe, begin, mask, examples, KEY, start=at, stop=at))


def test_examples_beyond_the_training_set_are_never_trained_on(recipe, examples, begun):
    begin, mask = begun
    other = examples._replace(images=examples.images.copy(), labels=examples.labels.copy())
    other.images[40:] = 255 - other.images[40:]
    other.labels[40:] = (other.labels[40:] + 1) % 3
    one, two = (fit(recipe, begin, mask, e, KEY, start=0, stop=9) for e in (examples, other))
    equal(one, two)


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
    settings, recipe, examples, begun
):
    recipe = dataclasses.replace(recipe, momentum=0.9, weight_decay=0.1, **settings)
    begin, mask = begun
    begin = state.start(recipe, begin.params, {}, 0)
    now = fit(recipe, begin, mask, examples, KEY, start=0, stop=9)
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


def test_the_gradient_of_the_scoring_batch(recipe, examples, begun):
    """Exactly 0 under the mask even where weights are not; elsewhere NumPy's."""
    _, mask = begun
    params = jax.tree.map(lambda p: p + 0.1, begun[0].params)
    program = jax.jit(train.gradient, static_argnums=(0, 5))
    gradient = program(recipe, params, mask, {}, examples, 20)
    network = reference.layers(masks.apply(mask, params))
    expected = reference.gradient(network, reference.images(examples)[:20], examples.labels[:20])
    alive = [np.asarray(leaf) for leaf in jax.tree.leaves(mask)]
    for got, (dw, db), m in zip(reference.layers(gradient), expected, alive, strict=True):
        np.testing.assert_array_equal(got[0][~m], 0)
        np.testing.assert_allclose(got[0], dw * m, atol=1e-6)
        np.testing.assert_allclose(got[1], db, atol=1e-6)


@pytest.mark.parametrize("at_once", [1024, 20, 7])
def test_loss_prediction_and_el2n_of_every_example(at_once, recipe, examples, begun, monkeypatch):
    """50 examples, whatever batches they are evaluated in."""
    monkeypatch.setattr(train, "EVALUATION_BATCH", at_once)
    begin, mask = begun
    program = jax.jit(lambda *args: train.evaluate(recipe, *args))  # never an earlier one
    outcome = program(begin, mask, examples)
    network = reference.layers(begin.params)
    images, labels = reference.images(examples), examples.labels
    logits = reference.forward(network, images)[-1]
    error = reference.softmax(logits) - np.eye(3)[labels]
    np.testing.assert_allclose(outcome.loss, reference.losses(network, images, labels), rtol=1e-4)
    np.testing.assert_array_equal(outcome.prediction, logits.argmax(1))
    np.testing.assert_allclose(outcome.el2n, np.sqrt((error**2).sum(1)), rtol=1e-4, atol=1e-6)
    assert len(set(outcome.prediction.tolist())) > 1
