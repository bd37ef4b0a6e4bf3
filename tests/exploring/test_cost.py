"""Operations and bytes, against counting by hand what layers are known to do."""

import numpy as np
import pytest
from flax import linen as nn

import pruning_jax as pj
from pruning_jax import masks
from pruning_jax.errors import WrongUse
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.exploring.applications import applications
from pruning_jax.training import state


def test_a_linear_layer_is_applied_once():
    recipe = Recipe(model="lenet_300_100", image_shape=(28, 28, 1), num_classes=10)
    assert applications(recipe) == {f"Dense_{i}/kernel": 1 for i in range(3)}


def test_convolutions_are_applied_at_every_place_of_their_output():
    """ResNet-20 on 32 x 32 pixels: 19 convolutions of 3 x 3 at 32, 16 and 8 places a side."""
    found = applications(Recipe(model="resnet20", image_shape=(32, 32, 3), num_classes=10))
    sides = [round(n**0.5) for name, n in found.items() if name.startswith("Conv")]
    assert {side: sides.count(side) for side in (32, 16, 8)} == {32: 7, 16: 7, 8: 7}
    assert found["Dense_0/kernel"] == 1


@pytest.mark.parametrize(
    ("model", "shape", "classes", "expected"),
    [
        ("lenet_300_100", (28, 28, 1), 10, 266_200),
        # He et al. 2016 (arXiv 1512.03385), table 6 and 1: 0.27 M parameters; 3.8 billion for
        # ResNet-50 without its stride in the 3 x 3 layer, which has 4.1 with it.
        ("resnet20", (32, 32, 3), 10, 40.8e6),
        ("resnet50", (224, 224, 3), 1000, 4.1e9),
        ("vgg16", (32, 32, 3), 10, 313e6),
    ],
)
def test_known_networks_have_the_operations_that_are_known(model, shape, classes, expected):
    recipe = Recipe(model=model, image_shape=shape, num_classes=classes)
    sizes = {n: np.prod(leaf.shape) for n, leaf in masks.named(state.shapes(recipe).params).items()}
    total = sum(sizes[name] * often for name, often in applications(recipe).items())
    assert total == pytest.approx(expected, rel=0.01)


class Own(nn.Module):
    """A network of a user, whose first layer is called twice at five places."""

    @nn.compact
    def __call__(self, images, train=False, valid=None):
        x = images.reshape(images.shape[0], -1, 4)
        twice = nn.Dense(4)
        return nn.Dense(3)(twice(twice(x)).mean(1))


class Turned(nn.Module):
    """A layer whose units are not its last axis."""

    @nn.compact
    def __call__(self, images):
        kernel = self.param("kernel", nn.initializers.ones, (20, 3))
        return (images.reshape(images.shape[0], -1) @ kernel)[..., None] * 1.0


class Odd(nn.Module):
    @nn.compact
    def __call__(self, images, train=False, valid=None):
        return Turned()(images)[..., 0]


def build(recipe):
    return Own() if recipe.width == 1 else Odd()


OWN = Recipe(model=f"{__name__}:build", image_shape=(4, 5, 1), num_classes=3)


def test_a_network_of_a_user_is_counted_too():
    assert applications(OWN) == {"Dense_0/kernel": 10, "Dense_1/kernel": 1}


def test_what_cannot_be_counted_is_said():
    recipe = Recipe(OWN.model, width=0.5, image_shape=(4, 5, 1), num_classes=3)
    with pytest.raises(WrongUse, match="how often Turned_0/kernel is applied"):
        applications(recipe)


def test_rows_are_what_masks_say(run):
    rows = pj.explore(run, "cost", algorithms=["lrr"])
    layers = rows[rows.layer != ""]
    looked = pj.explore(run, "masks", algorithms=["lrr"])
    known = looked[looked.layer != ""].reset_index(drop=True)
    assert (layers.applications == 1).all()
    for column, kind in (("weights", "dense_"), ("remaining", ""), ("effective", "effective_")):
        np.testing.assert_array_equal(layers[f"{kind}flops"], 2 * known[column])
        np.testing.assert_array_equal(layers[f"{kind}bytes"], 4 * known[column])
    alive = (known.units - known.dead_units).to_numpy().reshape(-1, 3).clip(1)
    inputs = np.stack([np.full(len(alive), 64), *alive.T[:2]], 1)
    alive[:, 2] = 10  # classes
    np.testing.assert_array_equal(layers.compact_bytes, 4 * (inputs * alive).ravel())
    whole = rows[rows.layer == ""]
    for column in rows.columns[rows.columns.str.endswith(("flops", "bytes"))]:
        sums = layers[column].to_numpy().reshape(-1, 3).sum(1)
        np.testing.assert_array_equal(whole[column], sums)
    assert (rows.compact_flops <= rows.dense_flops).all()
    assert (whole.effective_flops <= whole.compact_flops).all()
    assert (whole.effective_flops <= whole.flops).all()
