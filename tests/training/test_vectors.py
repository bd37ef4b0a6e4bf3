"""The state as vectors: the same training, for every built-in optimizer."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pruning_jax import masks, plugins
from pruning_jax.experiment.recipe import Engine, Recipe
from pruning_jax.testing import tiny
from pruning_jax.training import fit, state, vectors
from pruning_jax.training.examples import Images
from pruning_jax.training.replica import Replica

LEAVES, VECTOR = Engine(parameters="leaves"), Engine(parameters="vector")
RECIPES = {
    "linear": Recipe(image_shape=(4, 4, 1), num_classes=3, train_size=20, batch_size=8, width=0.1),
    "convolutional": dataclasses.replace(tiny.RECIPE, model="resnet20", width=0.1),
}


def pruned(recipe):
    """A replica, a third of whose weights are pruned."""
    rng = np.random.default_rng(0)
    now = state.create(recipe, jax.random.key(0))
    mask = jax.tree.map(lambda m: jnp.asarray(rng.random(m.shape) > 0.3), masks.dense(now.params))
    now = state.at_step(recipe, masks.apply(mask, now.params), now.statistics, 0)
    n = recipe.train_size
    labels = jnp.asarray(rng.integers(0, recipe.num_classes, n).astype(np.int32))
    return Replica(jax.random.key(0), labels, jnp.arange(n), now, mask, now)


def images(recipe):
    shape = (recipe.train_size, *recipe.image_shape)
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    channels = jnp.full(shape[-1], 100.0)
    return Images(jnp.asarray(pixels), channels, channels)


def trained(recipe, engine):
    """The state after some steps, over the end of an epoch."""
    own = dataclasses.replace(recipe, engine=engine)
    run = jax.jit(lambda replica, seen: fit.fit(own, replica, seen, 0, 5))
    return run(pruned(recipe), images(recipe))


def made(model, optimizer, engine=LEAVES):
    options = {"weight_decay": 1e-3, "momentum": 0.9, "learning_rate": 0.01, "optimizer": optimizer}
    return dataclasses.replace(RECIPES[model], **options, engine=engine)


@pytest.mark.parametrize("optimizer", plugins.OPTIMIZERS.names)
@pytest.mark.parametrize("model", RECIPES)
def test_every_optimizer_treats_each_number_by_itself(model, optimizer):
    """SGD to the same bits; the roots and quotients of Adam may differ in the last one."""
    leaves, vector = (made(model, optimizer, engine) for engine in (LEAVES, VECTOR))
    replica, rng = pruned(leaves), np.random.default_rng(2)
    gradient = jax.tree.map(
        lambda p: jnp.asarray(rng.normal(size=p.shape).astype(np.float32)), replica.state.params
    )
    update = jax.jit(state.update, static_argnums=0)
    ours, theirs = vectors.of(vector, replica).state, replica.state
    for _ in range(2):
        ours = update(vector, ours, vectors.vector(gradient), ours.statistics)
        theirs = update(leaves, theirs, gradient, theirs.statistics)
    ours = vectors.back(vector, ours)
    assert jax.tree.structure(ours) == jax.tree.structure(theirs)
    exact = optimizer == "sgd"
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=0 if exact else 1e-6, atol=0 if exact else 1e-7)


@pytest.mark.parametrize("model", ["linear", pytest.param("convolutional", marks=pytest.mark.slow)])
def test_training_is_the_same_but_for_rounding(model):
    """Over the end of an epoch; pruned weights stay exactly 0."""
    recipe = made(model, "sgd")
    ours, theirs = (trained(recipe, engine) for engine in (VECTOR, LEAVES))
    assert jax.tree.structure(ours) == jax.tree.structure(theirs)
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)
    replica = pruned(recipe)
    moved = zip(jax.tree.leaves(ours.params), jax.tree.leaves(replica.state.params), strict=True)
    assert all((a != b).any() for a, b in moved)
    for leaf, alive in zip(
        masks.prunable(replica.mask, ours.params), jax.tree.leaves(replica.mask), strict=True
    ):
        np.testing.assert_array_equal(np.asarray(leaf) != 0, alive)


def test_a_vector_has_all_numbers_once():
    recipe = RECIPES["convolutional"]
    params = state.create(recipe, jax.random.key(3)).params
    numbers = vectors.vector(params)
    assert numbers.shape == (sum(leaf.size for leaf in jax.tree.leaves(params)),)
    jax.tree.map(np.testing.assert_array_equal, vectors.parts(numbers, params), params)


def test_a_state_of_vectors_has_few_arrays():
    recipe = dataclasses.replace(RECIPES["convolutional"], engine=VECTOR, momentum=0.9)
    replica = pruned(recipe)
    assert len(jax.tree.leaves(vectors.of(recipe, replica).state)) == 4
    leaves = dataclasses.replace(recipe, engine=LEAVES)
    assert vectors.of(leaves, replica) is replica
    jax.tree.map(
        np.testing.assert_array_equal,
        vectors.back(recipe, vectors.of(recipe, replica).state),
        replica.state,
    )


def test_optimizers_of_ones_own_are_left_alone():
    assert vectors.possible(RECIPES["linear"])
    own = dataclasses.replace(RECIPES["linear"], optimizer="mine:lars")
    assert not vectors.possible(own)
