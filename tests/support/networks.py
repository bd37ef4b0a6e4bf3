"""Networks with random weights, masks and BatchNorm statistics, to be sent elsewhere and back."""

import dataclasses

import jax
import numpy as np

from pruning_jax.exchange import network as networks
from pruning_jax.experiment.recipe import Recipe

SHAPES = {"lenet_300_100": (6, 5, 3), "resnet50": (64, 64, 3)}
"""Images of which no two axes are alike where their pixels go into a linear layer."""


def recipe(model, **settings):
    """A recipe of a model, with seven classes."""
    shape = SHAPES.get(model, (32, 32, 3))
    plain = Recipe(model=model, image_shape=shape, num_classes=7)
    return dataclasses.replace(plain, **settings)


def arrays(of, seed=0):
    """For each part of a network its arrays by path; seven in ten weights are pruned, and what is
    pruned is not zero."""
    rng = np.random.default_rng(seed)
    shapes = networks.shapes(of)
    params = {p: drawn(rng, p, shape) for p, shape in shapes["parameters"].items()}
    mask = {p: rng.random(a.shape) < 0.3 for p, a in params.items() if p.endswith("kernel")}
    own = shapes["BatchNorm statistics"]
    statistics = {p: drawn(rng, p, shape) for p, shape in own.items()}
    return {"params": params, "mask": mask, "statistics": statistics}


def drawn(rng, path, shape):
    """Random numbers float32, of such a size that signals neither die nor explode."""
    if path.endswith(("var", "scale")):
        return rng.uniform(0.5, 2.0, shape).astype(np.float32)
    fan_in = np.prod(shape[:-1]) if path.endswith("kernel") else 100
    return (rng.normal(size=shape) * np.sqrt(6 / fan_in)).astype(np.float32)


def made(model, seed=0, about=None, **settings):
    """A pruned network."""
    own = recipe(model, **settings)
    return networks.made(own, arrays(own, seed), about or {})


def images(of, count=4):
    """Images of the shape of a recipe, float64."""
    return np.random.default_rng(1).normal(size=(count, *of.image_shape))


def assert_same(found, expected):
    """Two networks have the same arrays, bit for bit, of the same types."""
    for part in networks.PARTS:
        one, two = getattr(found, part), getattr(expected, part)
        assert jax.tree.structure(one) == jax.tree.structure(two), part
        for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True):
            assert a.dtype == b.dtype, part
            np.testing.assert_array_equal(a, b)
