"""Sharpness, against the dense Hessian of a network that is written down again in float64."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import pruning_jax as pj
from pruning_jax import masks
from pruning_jax.errors import WrongUse
from pruning_jax.experiment.recipe import Engine, Recipe
from pruning_jax.exploring import hessian, spectrum
from pruning_jax.exploring.batches import batches
from pruning_jax.exploring.explorations import sharpness
from pruning_jax.exploring.hessian import Tridiagonal
from pruning_jax.models.build import build
from pruning_jax.testing import tiny
from pruning_jax.training import state
from pruning_jax.training.examples import Images
from pruning_jax.training.replica import Replica

LENET = Recipe(width=0.03, batch_size=10, train_size=30, num_classes=4, image_shape=(3, 3, 1))


def made(density):
    """LeNet with a random mask, images, and examples with random labels in batches of 8."""
    rng = np.random.default_rng(0)
    key, n = jax.random.key(0), LENET.train_size
    pixels = rng.integers(0, 256, (n, *LENET.image_shape)).astype(np.uint8)
    images = Images(jnp.asarray(pixels), jnp.array([120.0]), jnp.array([70.0]))
    begin = jax.jit(state.create, static_argnums=0)(LENET, key)
    mask = jax.tree.map(
        lambda leaf: jnp.asarray(rng.random(leaf.shape) < density), masks.dense(begin.params)
    )
    begin = begin._replace(params=masks.apply(mask, begin.params))
    labels = rng.integers(0, LENET.num_classes, n).astype(np.int32)
    places = np.arange(n, dtype=np.int32)
    replica = Replica(key, jnp.asarray(labels), jnp.asarray(places), begin, mask, begin)
    return replica, images, batches(images, places, labels, 8)


def dense(replica, images):
    """The Hessian of LeNet's loss over what is trained of it, in float64, and the parameters.

    The network is written down here a second time: three layers with ReLU between them, softmax.
    """
    names = [f"Dense_{i}/{part}" for i in range(3) for part in ("kernel", "bias")]
    params, mask = masks.named(replica.state.params), masks.named(replica.mask)
    kept = [np.asarray(mask.get(name, np.ones(params[name].shape, bool))) for name in names]
    parts = [np.asarray(params[name], np.float64)[k] for name, k in zip(names, kept, strict=True)]
    x = (np.asarray(images.pixels, np.float64).reshape(len(images.pixels), -1) - 120) / 70
    chosen = np.arange(len(x)), np.asarray(replica.labels)

    def loss(flat):
        ends = np.cumsum([len(part) for part in parts])[:-1]
        own = [
            jnp.zeros(k.shape).at[np.nonzero(k)].set(part)
            for k, part in zip(kept, jnp.split(flat, ends), strict=True)
        ]
        hidden = jnp.asarray(x)
        for kernel, bias in zip(own[:4:2], own[1:5:2], strict=True):
            hidden = jnp.maximum(hidden @ kernel + bias[None], 0)
        return -jnp.mean(jax.nn.log_softmax(hidden @ own[4] + own[5][None])[chosen])

    with jax.enable_x64(True):
        values = np.concatenate(parts)
        return np.asarray(jax.jit(jax.hessian(loss))(jnp.asarray(values))), values


@pytest.fixture(scope="module", params=[1.0, 0.5, 0.1])
def known(request):
    replica, images, examples = made(request.param)
    return replica, images, examples, *dense(replica, images)


@pytest.mark.parametrize("relative", [False, True])
def test_it_is_what_the_dense_hessian_says(known, relative):
    """Eigenvalues to 1e-4 and within their bounds; the trace within its standard error."""
    replica, images, examples, matrix, values = known
    scale = hessian.size(replica) if relative else hessian.alive(replica)
    if relative:
        matrix = np.abs(values)[:, None] * matrix * np.abs(values)[None]
    expected = np.linalg.eigvalsh(matrix)
    found = hessian.decomposed(LENET, replica, scale, examples, images, probes=16, steps=40)
    ritz = spectrum.ritz(found)
    close = {"rtol": 1e-4, "atol": 1e-5 * expected[-1]}
    for i, (value, error) in enumerate(spectrum.extreme(ritz, 3)):
        np.testing.assert_allclose(value, expected[-1 - i], **close)
        assert np.abs(expected - value).min() <= error
    ((smallest, error),) = spectrum.extreme(ritz, 1, largest=False)
    np.testing.assert_allclose(smallest, expected[0], **close)
    value, error = spectrum.trace(found)
    assert abs(value - expected.sum()) < 3 * error
    assert 0 < error < 0.3 * expected.sum()


def test_quantiles_are_those_of_all_eigenvalues(known):
    """As many eigenvalues lie below a quantile as it says, but for a tenth of all."""
    replica, images, examples, matrix, _ = known
    expected = np.linalg.eigvalsh(matrix)
    scale = hessian.alive(replica)
    found = hessian.decomposed(LENET, replica, scale, examples, images, probes=16, steps=40)
    values = spectrum.quantiles(spectrum.ritz(found), sharpness.QUANTILES)
    assert values == sorted(values)
    near = 1e-3 * expected[-1]  # many eigenvalues are 0, and are found as rounding leaves them
    for fraction, value in zip(sharpness.QUANTILES, values, strict=True):
        assert np.mean(expected < value - near) <= fraction + 0.1
        assert np.mean(expected <= value + near) >= fraction - 0.1


def test_products_are_differences_of_gradients():
    """Of a network with a convolution and BatchNorm, in float64: a larger step crosses kinks."""
    recipe = dataclasses.replace(tiny.RECIPE, engine=Engine(convolution="native"))
    replica, images = tiny.replica(recipe, 0), tiny.images()
    labels = np.asarray(replica.labels)
    examples = batches(images, np.arange(50, dtype=np.int32), labels, 16)
    rng = np.random.default_rng(1)
    vector = jax.tree.map(
        lambda k: jnp.asarray(k * rng.normal(size=k.shape), jnp.float32), hessian.alive(replica)
    )
    found = jax.jit(hessian.product, static_argnums=0)(recipe, replica, examples, images, vector)
    own = jax.tree.map(np.asarray, (replica.state.params, replica.state.statistics, vector))
    with jax.enable_x64(True):
        params, statistics, double = jax.tree.map(lambda a: jnp.asarray(a, jnp.float64), own)
        inputs = (jnp.asarray(np.asarray(images.pixels), jnp.float64) - 120) / 70

        @jax.jit
        @jax.grad
        def slope(params):
            out = build(recipe).apply({"params": params, "batch_stats": statistics}, inputs)
            return -jnp.mean(jax.nn.log_softmax(out)[np.arange(50), labels])

        step = 1e-6
        ends = [
            slope(jax.tree.map(lambda p, v, s=sign: p + s * step * v, params, double))
            for sign in (1, -1)
        ]
        expected = jax.tree.map(lambda a, b: np.asarray((a - b) / (2 * step)), *ends)
    expected = masks.apply(replica.mask, jax.tree.map(jnp.float32, expected))
    flat = [np.concatenate([np.ravel(a) for a in jax.tree.leaves(t)]) for t in (found, expected)]
    np.testing.assert_allclose(*flat, rtol=1e-3, atol=1e-4 * np.abs(flat[1]).max())


def test_the_relative_hessian_does_not_change_if_units_are_rescaled():
    """Weights into hidden units times 3, those out of them divided by 3: the same function
    (Dinh et al. 2017), whose Hessian is another one."""
    replica, images, examples = made(1.0)
    params = jax.tree.map(lambda leaf: leaf, replica.state.params)
    params["Dense_0"] = jax.tree.map(lambda leaf: 3 * leaf, params["Dense_0"])
    params["Dense_1"]["kernel"] = params["Dense_1"]["kernel"] / 3
    other = replica._replace(state=replica.state._replace(params=params))
    made_of = {}
    for name, one in (("own", replica), ("other", other)):
        for relative, scale in ((False, hessian.alive(one)), (True, hessian.size(one))):
            found = hessian.decomposed(LENET, one, scale, examples, images, probes=2, steps=30)
            made_of[name, relative] = spectrum.extreme(spectrum.ritz(found), 1)[0][0]
    np.testing.assert_allclose(made_of["own", True], made_of["other", True], rtol=1e-4)
    assert not np.isclose(made_of["own", False], made_of["other", False], rtol=0.1)


def test_noise_after_the_last_direction_is_left_out():
    """Of a matrix of rank 2 three steps see everything; what follows is rounding or no number."""
    diagonal = np.array([[2.0, 1.0, 0.5, 7.0, np.nan]])
    off = np.array([[0.5, 0.25, 1e-8, 3.0, np.nan]])
    (own,) = spectrum.ritz(Tridiagonal(diagonal, off, np.ones(1)))
    matrix = np.diag([2.0, 1.0, 0.5]) + np.diag([0.5, 0.25], 1) + np.diag([0.5, 0.25], -1)
    np.testing.assert_allclose(own.values, np.linalg.eigvalsh(matrix))
    assert own.shares.sum() == pytest.approx(1)
    assert np.isnan(spectrum.extreme([own], 4)[3]).all()


def test_one_probe_has_no_standard_error():
    _, error = spectrum.trace(Tridiagonal(np.ones((1, 3)), np.ones((1, 3)), np.ones(1)))
    assert np.isnan(error)


@pytest.mark.slow
def test_rows_of_a_run(run):
    rows = pj.explore(run, "sharpness", algorithms=["lrr"], rounds=[1], eigenvalues=2, steps=12)
    assert len(rows) == 4 * 2 * (2 + 1 + 1 + len(sharpness.QUANTILES))
    top = rows[(rows.measure == "eigenvalue") & ~rows.relative]
    first, second = (top[top.place == place]["value"].to_numpy() for place in (1, 2))
    assert (first >= second).all()


def test_it_says_what_is_not_installed(run, monkeypatch):
    monkeypatch.setattr(hessian, "NEEDS", "matfree_that_is_not_there")
    with pytest.raises(WrongUse, match=r"pip install -e .*\[hessian\]"):
        pj.explore(run, "sharpness", rounds=[0], seeds=[0])
    assert not (run.workdir / "explored").exists()
