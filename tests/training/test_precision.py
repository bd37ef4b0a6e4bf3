"""What precision changes: activations and products, never parameters, moments or what is given."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pruning_jax import masks, plugins
from pruning_jax.experiment.recipe import PRECISIONS, Recipe
from pruning_jax.training import network, state
from pruning_jax.training.examples import Batch, Images
from pruning_jax.training.fit import step as training
from pruning_jax.training.replica import Replica

RECIPE = Recipe(
    batch_size=8,
    epochs=2,
    width=0.25,
    momentum=0.9,
    image_shape=(16, 16, 3),
    num_classes=5,
    train_size=8,
)
NAMES = ("lenet_300_100", "resnet20")


def examples():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (8, *RECIPE.image_shape)).astype(np.uint8)
    batch = Batch(pixels, rng.integers(0, 5, 8), np.arange(8), np.ones(8, bool))
    mean, std = np.full(3, 120, np.float32), np.full(3, 70, np.float32)
    return jax.tree.map(jnp.asarray, (batch, Images(None, mean, std)))


def stepped(recipe):
    """The state after one step, and the text of the traced step."""
    begin = state.create(recipe, jax.random.key(0))
    batch, images = examples()
    replica = Replica(
        key=jax.random.key(0),
        labels=batch.labels,
        used=batch.places,
        state=begin,
        mask=masks.dense(begin.params),
        anchor=begin,
    )
    arguments = (replica, batch, jax.random.key(1), images)

    def step(*given):
        return training(recipe, *given)

    return jax.jit(step)(*arguments), str(jax.make_jaxpr(step)(*arguments))


@pytest.fixture(scope="module", params=NAMES)
def steps(request):
    return {
        precision: stepped(dataclasses.replace(RECIPE, model=request.param, precision=precision))
        for precision in PRECISIONS
    }


def test_parameters_moments_and_momentum_stay_float32(steps):
    for after, _ in steps.values():
        kinds = {leaf.dtype for leaf in jax.tree.leaves(after._replace(step=jnp.float32(0)))}
        assert kinds == {jnp.dtype("float32")}


def test_activations_are_bfloat16_if_asked_for(steps):
    assert "bf16[" in steps["bfloat16"][1]
    assert "bf16[" not in steps["float32"][1] + steps["tensorfloat32"][1]


def test_every_product_has_the_precision_forward_and_backward(steps):
    """In float32 and TF32: each product of matrices and convolution, gradients included."""
    for precision, name in (("float32", "HIGHEST"), ("tensorfloat32", "HIGH")):
        text = steps[precision][1]
        products = text.count("dot_general[") + text.count("conv_general_dilated[")
        assert products >= 6
        assert text.count("precision=None") == 0
        assert text.count(f"Precision.{name}") + text.count(f"precision={name}") >= products


def test_bfloat16_is_near_and_not_equal(steps):
    one, other = (masks.named(steps[p][0].params) for p in ("float32", "bfloat16"))
    begin = max(np.abs(leaf).max() for leaf in one.values())
    differences = [np.abs(one[name] - other[name]).max() for name in one]
    assert 0 < max(differences) < 0.1 * begin


@pytest.mark.parametrize("name", plugins.MODELS.names)
def test_every_model_computes_in_the_type_of_its_images(name):
    recipe = dataclasses.replace(RECIPE, model=name)
    shapes = state.shapes(recipe)

    def out(precision):
        own = dataclasses.replace(recipe, precision=precision)
        images = jax.ShapeDtypeStruct((2, *recipe.image_shape), jnp.float32)
        mask = jax.eval_shape(masks.dense, shapes.params)
        both = jax.make_jaxpr(lambda p, m, s, x: network.logits(own, p, m, s, x, train=True))(
            shapes.params, mask, shapes.statistics, images
        )
        return str(both), both.out_avals

    text, outputs = out("bfloat16")
    assert {a.dtype for a in outputs} == {jnp.dtype("float32")}
    for line in text.splitlines():
        if "dot_general[" in line or "conv_general_dilated[" in line:
            assert ":bf16[" in line, line
