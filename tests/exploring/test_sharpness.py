"""Sharpness, against dense Hessians of a network that is written down again in float64."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import pruning_jax as pj
from pruning_jax import masks
from pruning_jax.errors import WrongUse
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.exploring import hessian, spectrum
from pruning_jax.exploring.batches import batches
from pruning_jax.exploring.bench import Bench
from pruning_jax.exploring.explorations import sharpness
from pruning_jax.training import network, state
from pruning_jax.training.examples import Images, normalise
from pruning_jax.training.replica import Replica
from pruning_jax.workdir.explored import Network

LENET = Recipe(
    model="lenet_300_100", width=0.03, image_shape=(3, 3, 1), num_classes=4, train_size=30,
    batch_size=10,
)  # fmt: skip
RESNET = Recipe(
    model="resnet20", width=0.25, image_shape=(8, 8, 3), num_classes=3, train_size=12, batch_size=6
)
LAYERS = ("Dense_0", "Dense_1", "Dense_2")


def made(recipe, density=0.5, seed=0):
    """A network with a random mask, examples with random labels, and its batches."""
    rng = np.random.default_rng(seed)
    key = jax.random.key(seed)
    n = recipe.train_size
    pixels = rng.integers(0, 256, (n, *recipe.image_shape)).astype(np.uint8)
    channels = recipe.image_shape[-1]
    images = Images(jnp.asarray(pixels), jnp.full(channels, 120.0), jnp.full(channels, 70.0))
    begin = jax.jit(state.create, static_argnums=0)(recipe, key)
    mask = jax.tree.map(lambda leaf: jnp.asarray(rng.random(leaf.shape) < density), masks.dense(begin.params))
    begin = begin._replace(params=masks.apply(mask, begin.params))
    labels = rng.integers(0, recipe.num_classes, n).astype(np.int32)
    used = jnp.arange(n, dtype=jnp.int32)
    replica = Replica(key, jnp.asarray(labels), used, begin, mask, begin)
    return replica, images, batches(images, np.arange(n), labels, 8)


def dense(replica, images):
    """The Hessian of LeNet's loss over its trained parameters in float64, and their values.

    The network is written down here a second time: three layers, ReLU between them, softmax.
    """
    with jax.enable_x64(True):
        x = (np.asarray(images.pixels, np.float64).reshape(len(images.pixels), -1) - 120.0) / 70.0
        y = np.asarray(replica.labels)
        leaves = [np.asarray(replica.state.params[l][p], np.float64) for l in LAYERS for p in ("kernel", "bias")]
        kept = [np.asarray(m) if m is not None else np.ones(p.shape, bool)
                for l, q in zip(np.repeat(LAYERS, 2), leaves)
                for m, p in [(replica.mask[l]["kernel"] if q.ndim == 2 else None, q)]]
        values = np.concatenate([p[k] for p, k in zip(leaves, kept, strict=True)])
        sizes = np.cumsum([k.sum() for k in kept])[:-1]

        def loss(flat):
            parts = [jnp.zeros(k.shape).at[np.nonzero(k)].set(v) for k, v in zip(kept, jnp.split(flat, sizes), strict=True)]
            h = jnp.asarray(x)
            for i in (0, 2, 4):
                h = h @ parts[i] + parts[i + 1][None]
                h = jnp.maximum(h, 0) if i < 4 else h
            chosen = jnp.take_along_axis(jax.nn.log_softmax(h), y[:, None], 1)
            return -jnp.mean(chosen)

        return np.asarray(jax.jit(jax.hessian(loss))(jnp.asarray(values))), values


@pytest.fixture(scope="module", params=[1.0, 0.5, 0.1])
def tiny(request):
    replica, images, examples = made(LENET, request.param)
    return replica, images, examples, *dense(replica, images)


@pytest.mark.parametrize("relative", [False, True])
def test_it_is_what_the_dense_hessian_says(tiny, relative):
    replica, images, examples, matrix, values = tiny
    scale = hessian.size(replica) if relative else hessian.alive(replica)
    if relative:
        matrix = np.abs(values)[:, None] * matrix * np.abs(values)[None]
    expected = np.linalg.eigvalsh(matrix)
    found = hessian.decomposed(LENET, replica, scale, examples, images, probes=64, steps=40)
    ritz = spectrum.ritz(found)
    for largest, ends in ((True, expected[::-1]), (False, expected)):
        for i, (value, error) in enumerate(spectrum.extreme(ritz, 3, largest=largest)):
            np.testing.assert_allclose(value, ends[i], rtol=1e-4, atol=1e-5 * expected[-1])
            assert np.abs(expected - value).min() <= error
    value, error = spectrum.trace(found)
    assert abs(value - expected.sum()) < 3 * error
    assert error < 0.2 * expected.sum()
