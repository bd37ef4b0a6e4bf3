"""Compact networks: as small as reachability says, and with the logits of the masked network."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from pruning_jax import masks
from pruning_jax.errors import WrongUse
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.exploring import compact
from pruning_jax.training import state
from pruning_jax.training.network import logits

RECIPES = {
    "lenet_300_100": Recipe(
        model="lenet_300_100", width=0.1, image_shape=(5, 5, 1), num_classes=4, train_size=200
    ),
    "vgg16": Recipe(
        model="vgg16", width=0.06, image_shape=(16, 16, 3), num_classes=4, train_size=200
    ),
    "resnet20": Recipe(
        model="resnet20", width=0.25, image_shape=(8, 8, 3), num_classes=4, train_size=200
    ),
    "resnet50": Recipe(
        model="resnet50", width=0.04, image_shape=(32, 32, 3), num_classes=4, train_size=200
    ),
}


def network(recipe, seed=0):
    """Parameters and statistics of a network that was trained: no bias or mean of it is 0."""
    rng = np.random.default_rng(seed)
    shapes = state.shapes(recipe)

    def drawn(path, leaf):
        low, high = {"kernel": (-0.5, 0.5), "var": (0.5, 2), "scale": (0.5, 1.5)}.get(
            path[-1].key, (-1, 1)
        )
        return jnp.asarray(rng.uniform(low, high, leaf.shape), leaf.dtype)

    both = shapes.params, shapes.statistics
    return tuple(jax.tree_util.tree_map_with_path(drawn, tree) for tree in both)


def masked(recipe, density, seed=0):
    rng = np.random.default_rng(seed)
    like = jax.eval_shape(masks.dense, state.shapes(recipe).params)
    return jax.tree.map(lambda leaf: jnp.asarray(rng.random(leaf.shape) < density), like)


def images(recipe):
    return jax.random.normal(jax.random.key(1), (6, *recipe.image_shape))


def reachable(layers):
    """Of each hidden layer whether its units have a path from an input and one to an output."""
    into, out = [np.ones(layers[0].shape[0], bool)], [np.ones(layers[-1].shape[1], bool)]
    for layer in layers:
        into.append((into[-1][:, None] & layer).any(0))
    for layer in layers[::-1]:
        out.insert(0, (layer & out[0][None]).any(1))
    return [a & b for a, b in zip(into[1:-1], out[1:-1], strict=True)]


@pytest.mark.parametrize("density", [1.0, 0.5, 0.2, 0.1, 0.05, 0.02])
@pytest.mark.parametrize("seed", [0, 1])
def test_lenet_against_numpy(density, seed):
    """Which units are left, by products of masks; the logits, by NumPy in float64."""
    recipe = RECIPES["lenet_300_100"]
    (params, statistics), mask = network(recipe, seed), masked(recipe, density, seed)
    small = compact.compact(recipe, params, statistics, mask)
    layers = [np.asarray(leaf) for leaf in jax.tree.leaves(mask)]
    for i, units in enumerate(reachable(layers)):
        expected = units if units.any() else np.arange(len(units)) == 0
        np.testing.assert_array_equal(small.units[f"Dense_{i}"], expected)
    x = np.asarray(images(recipe), np.float64).reshape(6, -1)
    y = x
    for i in range(3):
        full = {n: np.asarray(leaf, np.float64) for n, leaf in params[f"Dense_{i}"].items()}
        own = {n: np.asarray(leaf, np.float64) for n, leaf in small.params[f"Dense_{i}"].items()}
        assert own["kernel"].shape[1] == own["bias"].shape[0]
        x = x @ (full["kernel"] * layers[i]) + full["bias"]
        y = y @ own["kernel"] + own["bias"]
        if i < 2:
            x, y = np.maximum(x, 0), np.maximum(y, 0)
    np.testing.assert_allclose(y, x, atol=1e-6)
    np.testing.assert_allclose(compact.logits(recipe, small, images(recipe)), x, atol=1e-5)


def check_logits(recipe, params, statistics, mask):
    """The compact network, once it is certain that its logits are the same, in float64."""
    with jax.enable_x64(True):
        own = jax.tree.map(lambda leaf: jnp.asarray(leaf, float), (params, statistics))
        small = compact.compact(recipe, *own, mask)
        inputs = jnp.asarray(images(recipe), float)
        found = np.asarray(compact.logits(recipe, small, inputs))
        whole = np.asarray(PROGRAM(recipe, own[0], mask, own[1], inputs)[0])
    assert found.dtype == whole.dtype == np.float64
    assert np.ptp(whole) > 0
    np.testing.assert_allclose(found, whole, atol=1e-9 * np.abs(whole).max())
    return small


PROGRAM = jax.jit(logits, static_argnums=0)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["vgg16", "resnet20", "resnet50"])
def test_convolutions_give_the_same_logits(model):
    recipe = RECIPES[model]
    found = [
        check_logits(recipe, *network(recipe), masked(recipe, density, seed))
        for seed, density in enumerate((1.0, 0.1, 0.03, 0.01))
    ]
    left = [sum(int(units.sum()) for units in small.units.values()) for small in found]
    every = sum(units.size for units in found[0].units.values())
    assert left == sorted(left, reverse=True)
    assert left[0] == every
    assert left[-1] < 0.4 * every
    biases = [own["bias"].ndim for small in found for own in small.params.values() if "bias" in own]
    assert {*biases} == {1, 3}


def test_constants_of_convolutions_differ_at_the_border():
    """A channel that nothing enters is constant, and a window that reaches beyond the border sees
    less of it. Two channels of four are cut off; what they add to the next layer is a map."""
    recipe = RECIPES["resnet20"]
    (params, statistics), mask = network(recipe), masked(recipe, 1.0)
    mask["Conv_1"]["kernel"] = mask["Conv_1"]["kernel"].at[..., :2].set(False)
    params["BatchNorm_1"]["bias"] = jnp.full_like(params["BatchNorm_1"]["bias"], 9.0)
    small = check_logits(recipe, params, statistics, mask)
    assert small.units["Conv_1"].tolist() == [False, False, True, True]
    assert small.params["Conv_2"]["kernel"].shape == (3, 3, 2, 4)
    added = np.asarray(small.params["Conv_2"]["bias"])
    assert added.shape == (8, 8, 4)
    middle = added[1:-1, 1:-1].reshape(-1, 4)
    np.testing.assert_allclose(middle, np.broadcast_to(middle[0], middle.shape))
    assert np.abs(added[0, 0] - added[1, 1]).min() > 0.01


def test_links_lead_from_units_to_the_inputs_that_they_are():
    for recipe in RECIPES.values():
        shapes = state.shapes(recipe).params
        for layer, following in compact.links(recipe).items():
            units = shapes[layer]["kernel"].shape[-1]
            inputs = shapes[following]["kernel"].shape[-2]
            assert units == inputs


class Own(nn.Module):
    """A network of a user, whose linear layer is called twice."""

    @nn.compact
    def __call__(self, images, train=False, valid=None):
        x = images.reshape(images.shape[0], -1, 4)
        twice = nn.Dense(4)
        return nn.Dense(3)(twice(twice(x)).mean(1))


def build(recipe):
    return Own()


OWN = Recipe(model=f"{__name__}:build", image_shape=(4, 5, 1), num_classes=3, train_size=200)


def test_other_networks_are_refused():
    with pytest.raises(WrongUse, match=r"model .*:build' cannot be made compact"):
        compact.compact(OWN, {}, {}, {})
