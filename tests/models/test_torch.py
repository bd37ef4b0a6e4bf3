"""The networks beside the same ones in PyTorch, with the same weights, in double precision: a
gradient through fifty normalisations of few examples magnifies what single precision rounds."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from pruning_jax import masks, plugins
from pruning_jax.exchange.torch_networks import NETWORKS
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training import network as networks
from pruning_jax.training import state

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[torch]'")

import torch_networks  # noqa: E402

SHAPES = {"lenet_300_100": (28, 28, 1), "resnet50": (64, 64, 3)}
BATCH, CLASSES = 4, 10


@pytest.fixture(autouse=True)
def double():
    with jax.enable_x64(True):
        yield


@functools.cache
def both(name):
    """A recipe, its state with moments of its own, and the network in PyTorch."""
    shape = SHAPES.get(name, (32, 32, 3))
    recipe = Recipe(
        model=name, image_shape=shape, num_classes=CLASSES, batch_size=BATCH, train_size=BATCH
    )
    new = jax.device_get(jax.jit(state.create, static_argnums=0)(recipe, jax.random.key(0)))
    new = jax.tree.map(lambda a: a.astype(np.float64) if a.dtype == np.float32 else a, new)
    network = NETWORKS[name](CLASSES).double()
    torch_networks.copy(new.params, network)
    return recipe, new, network


def batch(recipe):
    rng = np.random.default_rng(0)
    images = rng.normal(size=(BATCH, *recipe.image_shape))
    return images, rng.integers(0, CLASSES, BATCH)


def close(own, theirs):
    """To 1e-4 of the largest value."""
    theirs = np.asarray(theirs)
    np.testing.assert_allclose(own, theirs, atol=1e-4 * np.abs(theirs).max(), rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("name", plugins.MODELS.names)
def test_logits_gradients_and_moments_are_those_of_pytorch(name):
    recipe, new, network = both(name)
    images, labels = batch(recipe)

    @jax.jit
    def loss(params):
        out, moments = networks.logits(
            recipe, params, masks.dense(params), new.statistics, jnp.asarray(images), train=True
        )
        losses = optax.softmax_cross_entropy_with_integer_labels(out, jnp.asarray(labels))
        return losses.mean(), (out, moments)

    grads, (out, moments) = jax.device_get(jax.grad(loss, has_aux=True)(new.params))
    sizes = {}  # values that each normalisation takes the moments of

    def note(layer, inputs, output):
        sizes[layer] = inputs[0].numel() // inputs[0].shape[1]

    network.train()
    hooks = [layer.register_forward_hook(note) for _, layer in torch_networks.pairs(network)]
    theirs = network(torch.tensor(images).permute(0, 3, 1, 2))
    torch.nn.functional.cross_entropy(theirs, torch.tensor(labels)).backward()
    close(out, theirs.detach())
    for layer_name, layer in torch_networks.pairs(network):
        for part in new.params[layer_name]:
            grad = layer.bias.grad if part == "bias" else layer.weight.grad
            own = torch_networks.as_torch(part, grads[layer_name][part])
            if layer_name.startswith("Conv") and part == "bias":  # a normalisation follows: 0
                assert max(grad.abs().max(), own.abs().max()) < 1e-5
            else:
                close(own, grad)
        if layer_name in moments:
            close(moments[layer_name]["mean"], layer.running_mean)
            # PyTorch keeps n / (n - 1) of the variance by which it normalises; 0.9 of the old, 1.
            n = sizes[layer]
            close((moments[layer_name]["var"] - 0.9) * n / (n - 1), layer.running_var - 0.9)
    for hook in hooks:
        hook.remove()
    network.eval()
    with torch.no_grad():
        for layer_name, layer in torch_networks.pairs(network):
            if layer_name in moments:
                layer.running_mean.copy_(torch.tensor(moments[layer_name]["mean"]))
                layer.running_var.copy_(torch.tensor(moments[layer_name]["var"]))
        theirs = network(torch.tensor(images).permute(0, 3, 1, 2))
    own = jax.jit(
        lambda p, s: networks.logits(recipe, p, masks.dense(p), s, jnp.asarray(images))[0]
    )(new.params, moments)
    close(own, theirs)
