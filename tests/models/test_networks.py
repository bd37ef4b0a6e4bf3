"""Models: what can be pruned, the width, and how they begin. The laws of all models are tested in
tests/testing/test_model.py."""

import dataclasses
import functools

import jax
import numpy as np
import pytest
from scipy import stats

from pruning_jax import masks, plugins
from pruning_jax.errors import WrongUse
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training import state

DIGITS = Recipe(image_shape=(28, 28, 1), num_classes=10, train_size=1000)


def abstract(**settings):
    """Shapes of a network's parameters, without computing them."""
    recipe = dataclasses.replace(DIGITS, **settings)
    return jax.eval_shape(lambda: state.create(recipe, jax.random.key(0)).params)


def prunable(**settings):
    return masks.sizes(jax.eval_shape(masks.dense, abstract(**settings)))


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({"model": "lenet_300_100"}, 266_200),
        ({"model": "lenet_300_100", "image_shape": (8, 8, 1)}, 50_200),
        ({"model": "lenet_300_100", "width": 2.0}, 784 * 600 + 600 * 200 + 200 * 10),
        ({"model": "lenet_300_100", "width": 0.05, "num_classes": 3}, 784 * 15 + 15 * 5 + 5 * 3),
        ({"model": "lenet_300_100", "width": 1e-4}, 784 + 1 + 10),
        ({"model": "resnet20", "image_shape": (32, 32, 3)}, 270_896),
        ({"model": "resnet32", "image_shape": (32, 32, 3), "num_classes": 100}, 470_192),
        ({"model": "vgg16", "image_shape": (32, 32, 3)}, 14_715_584),
        ({"model": "resnet50", "image_shape": (224, 224, 3), "num_classes": 1000}, 25_502_912),
    ],
)
def test_the_number_of_prunable_weights(settings, count):
    assert sum(prunable(**settings).values()) == count


@pytest.mark.parametrize("model", plugins.MODELS.names)
def test_width_widens_the_hidden_layers(model):
    counts = [sum(prunable(model=model, width=w).values()) for w in (0.25, 0.5, 1.0, 2.0)]
    assert counts == sorted(set(counts))


@functools.cache
def created(model):
    """Large networks are narrow here."""
    width = 1.0 if model == "lenet_300_100" else 0.25
    recipe = dataclasses.replace(DIGITS, model=model, width=width)
    return recipe, state.create(recipe, jax.random.key(0))


@pytest.mark.parametrize("model", plugins.MODELS.names)
def test_only_weights_of_linear_layers_and_convolutions_are_prunable(model):
    """A bias or a scale has one axis; every weight has an input and an output axis at least."""
    for name, leaf in masks.named(abstract(model=model)).items():
        assert (len(leaf.shape) > 1) == name.endswith("kernel")


@pytest.mark.slow
@pytest.mark.parametrize("model", plugins.MODELS.names)
def test_the_moments_of_the_initialisation(model):
    """Weights normal(0, sqrt(2 / fan_in)), biases of linear layers uniform(+-1 / sqrt(fan_in))."""
    params = masks.named(created(model)[1].params)
    weights, biases = [], []
    for name, leaf in params.items():
        if name.endswith("kernel"):
            fan_in = np.prod(leaf.shape[:-1])
            weights.append(np.ravel(leaf) * np.sqrt(fan_in / 2))
            if len(leaf.shape) == 2:
                biases.append(params[name.replace("kernel", "bias")] * np.sqrt(fan_in))
    for part in weights:
        assert abs(part.mean()) < 4 / np.sqrt(part.size)
        assert part.std() == pytest.approx(1, abs=4 / np.sqrt(2 * part.size))
    every = np.concatenate(weights)
    assert stats.kurtosis(every) == pytest.approx(0, abs=4 * np.sqrt(24 / every.size))
    assert stats.kstest(np.concatenate(biases), stats.uniform(-1, 2).cdf).pvalue > 0.01


@pytest.mark.parametrize("model", plugins.MODELS.names)
def test_normalisations_begin_with_scales_between_0_and_1(model):
    new = created(model)[1]
    scales = [leaf for name, leaf in masks.named(new.params).items() if name.endswith("scale")]
    assert bool(scales) == bool(new.statistics)
    if scales:
        assert stats.kstest(np.concatenate(scales), stats.uniform().cdf).pvalue > 0.01


def test_an_unknown_model_raises():
    with pytest.raises(WrongUse, match="did you mean lenet_300_100"):
        dataclasses.replace(DIGITS, model="lenet_300")
