"""Names and axes of PyTorch, held against what its documents say, without PyTorch."""

import dataclasses

import networks
import numpy as np
import pytest

from pruning_jax import plugins
from pruning_jax.errors import WrongUse
from pruning_jax.exchange import layers
from pruning_jax.exchange.state_dict import from_state_dict, state_dict
from pruning_jax.experiment.recipe import Recipe


def test_every_built_in_model_has_names():
    assert {*layers.LAYERS} == {*plugins.MODELS.names}


@pytest.mark.parametrize("model", plugins.MODELS.names)
def test_there_and_back(model):
    network = networks.made(model, width=0.25)
    for masks in (False, True):
        arrays = state_dict(network, masks=masks)
        assert all(a.flags.c_contiguous for a in arrays.values())
        networks.assert_same(from_state_dict(arrays, network.recipe), network)


def test_axes_of_a_convolution():
    """`weight[out, in, h, w]` is `kernel[h, w, in, out]`."""
    network = networks.made("resnet20", width=0.25)
    kernel, weight = (
        network.params["Conv_5"]["kernel"],
        state_dict(network)["layer1.2.conv1.weight"],
    )
    rng = np.random.default_rng(0)
    for h, w, i, o in zip(*(rng.integers(0, n, 50) for n in kernel.shape), strict=True):
        assert weight[o, i, h, w] == kernel[h, w, i, o]


def test_linear_layers_see_pixels_in_the_order_of_pytorch():
    """The same sums over an image [h, w, c], and over [c, h, w] as PyTorch has it."""
    network = networks.made("lenet_300_100")
    image = networks.images(network.recipe, 1)[0]
    arrays = state_dict(network)
    for name, flat in (("Dense_0", image.ravel()),):
        own = flat @ network.params[name]["kernel"]
        np.testing.assert_allclose(arrays["fc1.weight"] @ image.transpose(2, 0, 1).ravel(), own)
    np.testing.assert_array_equal(arrays["fc2.weight"].T, network.params["Dense_1"]["kernel"])


def test_what_batchnorm_has():
    network = networks.made("resnet20", width=0.25)
    arrays = state_dict(network)
    own, moments = network.params["BatchNorm_0"], network.statistics["BatchNorm_0"]
    expected = {
        "bn1.weight": own["scale"],
        "bn1.bias": own["bias"],
        "bn1.running_mean": moments["mean"],
        "bn1.running_var": moments["var"],
        "bn1.num_batches_tracked": np.int64(0),
    }
    for name, array in expected.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype
    assert {n for n in arrays if n.startswith("bn1.")} == {*expected}


def test_names_of_residual_networks():
    small, large = (layers.layers(name) for name in ("resnet20", "resnet50"))
    assert [small[f"Conv_{i}"] for i in (0, 1, 2, 7, 8, 9, 10)] == [
        "conv1",
        "layer1.0.conv1",
        "layer1.0.conv2",
        "layer2.0.conv1",
        "layer2.0.conv2",
        "layer2.0.shortcut.0",
        "layer2.1.conv1",
    ]
    assert small["BatchNorm_9"] == "layer2.0.shortcut.1"
    assert [large[f"Conv_{i}"] for i in (3, 4, 5)] == [
        "layer1.0.conv3",
        "layer1.0.downsample.0",
        "layer1.1.conv1",
    ]
    assert (small["Dense_0"], large["Dense_0"]) == ("linear", "fc")


def test_names_of_vgg():
    """Of the 13 convolutions of torchvision's vgg16_bn, and the normalisations behind them."""
    places = (0, 3, 7, 10, 14, 17, 20, 24, 27, 30, 34, 37, 40)
    own = layers.layers("vgg16")
    assert [own[f"Conv_{i}"] for i in range(13)] == [f"features.{p}" for p in places]
    assert [own[f"BatchNorm_{i}"] for i in range(13)] == [f"features.{p + 1}" for p in places]


def test_pruned_weights_are_zeros_and_masks_are_told_apart_from_zeros():
    network = networks.made("lenet_300_100")
    kernel, mask = network.params["Dense_1"]["kernel"], network.mask["Dense_1"]["kernel"]
    assert (kernel[~mask] == 0).all()
    place = tuple(np.argwhere(mask)[0])
    kernel[place] = 0  # it remains, and training has made it 0
    with_masks, without = (state_dict(network, masks=m) for m in (True, False))
    assert {*with_masks} - {*without} == {
        f"fc{i}.weight_{kind}" for i in (1, 2, 3) for kind in ("orig", "mask")
    }
    found = from_state_dict(with_masks, network.recipe)
    assert found.mask["Dense_1"]["kernel"][place]
    assert not from_state_dict(without, network.recipe).mask["Dense_1"]["kernel"][place]


def test_weights_under_a_mask_of_pytorch_become_zeros():
    network = networks.made("lenet_300_100")
    arrays = state_dict(network, masks=True)
    arrays["fc2.weight_orig"] = np.where(arrays["fc2.weight_mask"], arrays["fc2.weight_orig"], 7)
    networks.assert_same(from_state_dict(arrays, network.recipe), network)


def test_what_is_no_such_network():
    network = networks.made("lenet_300_100")
    plain, masked = (state_dict(network, masks=m) for m in (False, True))
    half = {n: a for n, a in masked.items() if n != "fc2.weight_orig"}
    cases = [
        ({n: a for n, a in plain.items() if n != "fc2.bias"}, "fc2.bias is missing"),
        (plain | {"fc4.bias": plain["fc3.bias"]}, "fc4.bias is there in vain"),
        (plain | {"fc2.bias": np.zeros(3)}, r"fc2.bias has the shape \(3,\), expected is \(100,\)"),
        (plain | {"fc2.bias": object()}, "fc2.bias is of type object|fc2.bias has the shape"),
        (plain | {"fc2.bias": np.zeros(100, int)}, "is of type int64, which has no fractions"),
        (half, "fc2.weight_mask is there without fc2.weight_orig"),
        (masked | {"fc2.weight_mask": np.ones((2, 2))}, r"fc2.weight_mask has the shape \(2, 2\)"),
        (masked | {"fc2.weight_mask": 2 * masked["fc2.weight_mask"]}, "other values than 0 and 1"),
        (
            plain | {"fc2.bias_orig": plain["fc2.bias"], "fc2.bias_mask": np.ones(100)},
            "fc2.bias is masked; only weights",
        ),
    ]
    for arrays, says in cases:
        with pytest.raises(WrongUse, match=says):
            from_state_dict(arrays, network.recipe)


def test_a_recipe_that_is_of_no_use():
    network = networks.made("lenet_300_100")
    arrays = state_dict(network)
    with pytest.raises(WrongUse, match="does not say image_shape"):
        from_state_dict(arrays, Recipe())
    other = dataclasses.replace(network.recipe, model="my_module:build")
    with pytest.raises(WrongUse, match="'my_module:build' has no layers with names of PyTorch"):
        from_state_dict(arrays, other)
    with pytest.raises(WrongUse, match="'my_module:build' has no layers with names of PyTorch"):
        state_dict(network._replace(recipe=other))
