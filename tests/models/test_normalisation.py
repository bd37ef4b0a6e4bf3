"""Batch normalisation with its own gradient, beside Flax's: values, statistics, gradients."""

import dataclasses
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from pruning_jax import masks
from pruning_jax.experiment.recipe import Engine
from pruning_jax.models import normalisation
from pruning_jax.testing import tiny
from pruning_jax.training import network, state

SHAPE = (6, 5, 4, 3)


class Layer(nn.Module):
    """A layer by itself."""

    kind: str
    train: bool = True
    relu: bool = False

    @nn.compact
    def __call__(self, x, shortcut=None, valid=None):
        layer = normalisation.KINDS[self.kind](self.train, valid, x.dtype)
        return layer(x, shortcut, relu=self.relu)


def given(dtype=np.float32):
    """Images, a shortcut, what weighs the result, and parameters with statistics."""
    rng = np.random.default_rng(0)
    x, shortcut, weight = (
        jnp.asarray(rng.normal(1, 2, SHAPE).astype(np.float32)).astype(dtype) for _ in range(3)
    )
    channels = [jnp.asarray(rng.uniform(0.5, 1.5, 3).astype(np.float32)) for _ in range(4)]
    params = {"BatchNorm_0": {"scale": channels[0], "bias": channels[1] - 1}}
    statistics = {"BatchNorm_0": {"mean": channels[2], "var": channels[3]}}
    return x, shortcut, weight, params, statistics


def outcome(layer, x, shortcut, valid, weight, params, statistics):
    """The result, the new statistics, and the gradients at the parameters and both inputs."""

    def total(params, x, shortcut):
        variables = {"params": params, "batch_stats": statistics}
        y, new = layer.apply(variables, x, shortcut, valid, mutable=["batch_stats"])
        seen = y if valid is None else jnp.where(valid[:, None, None, None], y, 0)
        return jnp.sum((seen * weight).astype(jnp.float32)), (y, new["batch_stats"])

    wanted = (0, 1) if shortcut is None else (0, 1, 2)
    gradient = jax.jit(jax.grad(total, wanted, has_aux=True))
    gradients, (y, new) = gradient(params, x, shortcut)
    return y, new, gradients


@pytest.mark.parametrize(
    ("padded", "added", "relu"), list(itertools.product((False, True), repeat=3))
)
def test_values_statistics_and_gradients_are_those_of_flax(padded, added, relu):
    x, shortcut, weight, params, statistics = given()
    shortcut = shortcut if added else None
    valid = jnp.arange(SHAPE[0]) < 4 if padded else None
    ours, theirs = (
        outcome(Layer(kind, relu=relu), x, shortcut, valid, weight, params, statistics)
        for kind in ("gradient", "native")
    )
    assert jax.tree.structure(ours) == jax.tree.structure(theirs)
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_padding_has_no_part_in_moments_nor_in_gradients():
    x, _, weight, params, statistics = given()
    valid = jnp.arange(SHAPE[0]) < 4
    found = []
    for other in (0.0, 50.0):
        images = x.at[4:].set(other)
        y, new, (of_params, of_x) = outcome(
            Layer("gradient"), images, None, valid, weight, params, statistics
        )
        found.append((y[:4], new, of_params, of_x[:4]))
        np.testing.assert_array_equal(of_x[4:], 0)
    jax.tree.map(np.testing.assert_array_equal, *found)


def test_bfloat16_is_rounded_once_and_its_gradient_is_bfloat16():
    x, shortcut, weight, params, statistics = given(jnp.bfloat16)
    y, new, (of_params, of_x, of_shortcut) = outcome(
        Layer("gradient", relu=True), x, shortcut, None, weight, params, statistics
    )
    assert y.dtype == of_x.dtype == of_shortcut.dtype == jnp.bfloat16
    assert {leaf.dtype.name for leaf in jax.tree.leaves((new, of_params))} == {"float32"}
    wide = [a.astype(jnp.float32) for a in (x, shortcut, weight)]
    exact, _, _ = outcome(Layer("native", relu=True), *wide[:2], None, wide[2], params, statistics)
    np.testing.assert_array_equal(y, exact.astype(jnp.bfloat16))


def test_evaluation_is_that_of_flax():
    x, shortcut, _, params, statistics = given()
    variables = {"params": params, "batch_stats": statistics}
    ours, theirs = (
        Layer(kind, train=False, relu=True).apply(variables, x, shortcut)
        for kind in ("gradient", "native")
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


def test_a_channel_without_variance_has_a_gradient():
    """As behind a convolution all of whose weights are pruned."""
    x, _, weight, params, statistics = given()
    found = outcome(Layer("gradient", relu=True), 0 * x, None, None, weight, params, statistics)
    assert all(jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(found))


def test_devices_that_share_a_batch_have_the_moments_of_all_of_it():
    x, shortcut, weight, params, statistics = given()
    arguments = (shortcut, None, weight, params, statistics)
    whole = outcome(Layer("gradient", relu=True), x, *arguments)
    mesh = Mesh(np.array(jax.devices()[:2]), ("batch",))
    divided = jax.device_put(x, NamedSharding(mesh, PartitionSpec("batch")))
    shared = outcome(Layer("gradient", relu=True), divided, *arguments)
    for a, b in zip(jax.tree.leaves(whole), jax.tree.leaves(shared), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["resnet20", "vgg16"])
def test_a_network_is_the_same_under_either(model):
    """Its parameters too, to the bit, and their names."""
    made = dataclasses.replace(tiny.RECIPE, model=model, width=0.1, image_shape=(32, 32, 3))
    rng = np.random.default_rng(1)
    images = jnp.asarray(rng.normal(size=(8, 32, 32, 3)).astype(np.float32))
    labels, valid = jnp.asarray(rng.integers(0, made.num_classes, 8)), jnp.arange(8) < 7
    found = []
    for kind in ("gradient", "native"):
        recipe = dataclasses.replace(made, engine=Engine(normalisation=kind))
        new = state.create(recipe, jax.random.key(0))
        mask = masks.dense(new.params)

        def loss(params, recipe=recipe, mask=mask, new=new):
            return network.mean_loss(
                recipe, params, mask, new.statistics, images, labels, valid, train=True
            )

        value, gradient = jax.jit(jax.value_and_grad(loss, has_aux=True))(new.params)
        found.append((new, value, gradient))
    jax.tree.map(np.testing.assert_array_equal, found[0][0], found[1][0])
    for a, b in zip(*(jax.tree.leaves(each[1:]) for each in found), strict=True):
        scale = np.abs(np.asarray(b)).max()
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3 * scale + 1e-6)
