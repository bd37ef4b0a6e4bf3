"""Compact networks: without the units that no path goes through, and with the same logits.

A unit of a layer (a channel of a convolution) can go if no weight that enters it lies on a path of
remaining weights from an input to an output. If no path leads out of it, nobody misses it. If no
path leads into it, its activation is the same for every image: what it adds to the next layer
becomes part of that layer's bias. After a convolution that pads with zeros this is a bias of its
own for every place, because near the border a window sees less of the constant.
"""

import functools
import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from jaxtyping import Array, Bool, Float

from pruning_jax import masks
from pruning_jax.errors import require
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.exploring import flow
from pruning_jax.models.build import build
from pruning_jax.models.convolution import convolve
from pruning_jax.models.networks.lenet_300_100 import LeNet300100
from pruning_jax.models.networks.vgg16 import SEGMENTS, VGG16
from pruning_jax.models.residual import CifarResNet, ResNet50
from pruning_jax.types import Mask, Params, Statistics


class Compact(NamedTuple):
    """A network without its dead units; nothing of it is masked."""

    params: Params  # a bias may have the shape of what its layer gives, [height, width, channels]
    statistics: Statistics
    units: dict[str, np.ndarray]  # bool [units] of each layer that could lose some: which are left


def links(recipe: Recipe) -> dict[str, str]:
    """The layers that can lose units, and the one layer that each of them feeds.

    In residual networks these are the layers inside of a block; whatever ends in the sum with the
    input of the block stays whole.

    Raises:
      WrongUse: it is not known what feeds what in the network of the recipe.
    """
    network = build(recipe)
    if isinstance(network, LeNet300100):
        return _chain([f"Dense_{i}" for i in range(len(network.units) + 1)])
    if isinstance(network, VGG16):
        return _chain([*(f"Conv_{i}" for i in range(sum(map(len, SEGMENTS)))), "Dense_0"])
    if isinstance(network, CifarResNet):
        blocks = (network.depth - 2) // 6
        return _inside([segment > 0 and not b for segment in range(3) for b in range(blocks)], 2)
    require(
        isinstance(network, ResNet50),
        f"model {recipe.model!r} cannot be made compact: what its layers feed is known only of the "
        "built-in networks",
    )
    return _inside([not b for blocks in (3, 4, 6, 3) for b in range(blocks)], 3)


def _chain(layers: list[str]) -> dict[str, str]:
    return dict(itertools.pairwise(layers))


def _inside(projected: list[bool], convolutions: int) -> dict[str, str]:
    """The links inside of residual blocks, by whether each of them projects its input."""
    found, first = {}, 1  # convolution 0 comes before all blocks
    for more in projected:
        found |= _chain([f"Conv_{first + i}" for i in range(convolutions)])
        first += convolutions + more
    return found


def units(recipe: Recipe, mask: Mask) -> dict[str, np.ndarray]:
    """Which units are left of each layer that can lose some, bool [units]; at least one of each.

    Raises:
      WrongUse: it is not known what feeds what in the network of the recipe.
    """
    known = links(recipe)
    on_path = masks.named(flow.effective(recipe, mask))
    found = {}
    for layer in known:
        own = np.asarray(on_path[f"{layer}/{masks.PRUNABLE}"])
        left = own.reshape(-1, own.shape[-1]).any(0)
        found[layer] = left if left.any() else np.arange(len(left)) == 0
    return found


def compact(recipe: Recipe, params: Params, statistics: Statistics, mask: Mask) -> Compact:
    """A network without its dead units, which gives the same logits.

    BatchNorm is in evaluation mode: the compact network is there to be used, not to be trained.

    Raises:
      WrongUse: it is not known what feeds what in the network of the recipe.
    """
    left = units(recipe, mask)
    before = {following: layer for layer, following in links(recipe).items()}
    masked = masks.apply(mask, params)
    gone = {layer: jnp.asarray(~left[feeding]) for layer, feeding in before.items()}
    added = _added(recipe, masked, statistics, gone)
    small = {}
    for layer, own in masked.items():
        into, out = left.get(before.get(layer, "")), _left_by(layer, left)
        small[layer] = {name: _cut(name, leaf, into, out) for name, leaf in own.items()}
        if layer in added:
            small[layer] |= _bias(small[layer].get("bias"), added[layer], out)
    moments = {
        layer: {name: _cut(name, leaf, None, _left_by(layer, left)) for name, leaf in own.items()}
        for layer, own in statistics.items()
    }
    return Compact(small, moments, left)


def logits(
    recipe: Recipe, small: Compact, images: Float[Array, "n h w c"]
) -> Float[Array, "n classes"]:
    """The logits of a compact network for normalised images."""

    def smaller(
        call: Callable[..., Any], args: tuple, kwargs: dict, context: nn.module.InterceptorContext
    ) -> Any:
        if not _is_linear(context):
            return call(*args, **kwargs)
        own = context.module.variables["params"]
        out = _linear(context.module, args[0], own[masks.PRUNABLE])
        return out + _like(own["bias"].astype(out.dtype), out) if "bias" in own else out

    variables = {"params": small.params}
    if small.statistics:
        variables["batch_stats"] = small.statistics
    if recipe.precision == "bfloat16":
        images = images.astype(jnp.bfloat16)
    with nn.intercept_methods(smaller), jax.default_matmul_precision(recipe.precision):
        out = jnp.asarray(build(recipe).apply(variables, images, train=False))
    return out.astype(jnp.promote_types(out.dtype, jnp.float32))


@functools.partial(jax.jit, static_argnums=0)
def _added(
    recipe: Recipe, masked: Params, statistics: Statistics, gone: dict[str, Bool[Array, " units"]]
) -> dict[str, Array]:
    """What units that are to go add to each layer: [units], or [height, width, channels].

    It is computed for one image, and is the same for all others: units that depend on the image
    go only if they add nothing to units that stay.
    """
    added = {}

    def recorded(
        call: Callable[..., Any], args: tuple, kwargs: dict, context: nn.module.InterceptorContext
    ) -> Any:
        layer = "/".join(context.module.path)
        if _is_linear(context) and layer in gone:
            kernel = context.module.variables["params"][masks.PRUNABLE]
            lost = jnp.where(_like(gone[layer], args[0]), args[0], 0)
            added[layer] = _linear(context.module, lost, kernel)[0]
        return call(*args, **kwargs)

    variables = {"params": masked}
    if statistics:
        variables["batch_stats"] = statistics
    kind = jax.tree.leaves(masked)[0].dtype
    with nn.intercept_methods(recorded):
        build(recipe).apply(variables, jnp.zeros((1, *recipe.image_shape), kind), train=False)
    return added


def _is_linear(context: nn.module.InterceptorContext) -> bool:
    """Whether a convolution or a linear layer is called."""
    return isinstance(context.module, nn.Dense | nn.Conv) and context.method_name == "__call__"


def _linear(module: nn.Module, x: Array, kernel: Array) -> Array:
    """What a layer of the built-in networks computes before its bias, whatever its size."""
    kernel = kernel.astype(x.dtype)
    if isinstance(module, nn.Dense):
        return x @ kernel
    assert isinstance(module, nn.Conv)
    assert not isinstance(module.strides, int | None)
    return convolve(x, kernel, module.strides[0])


def _left_by(layer: str, left: dict[str, np.ndarray]) -> np.ndarray | None:
    """The units that are left of a layer, or of the convolution before a BatchNorm."""
    return left.get(layer.replace("BatchNorm", "Conv"))


def _cut(name: str, leaf: Array, into: np.ndarray | None, out: np.ndarray | None) -> Array:
    """What is left of an array of a layer; None: all of its inputs, or outputs."""
    if name == masks.PRUNABLE and into is not None:
        leaf = leaf[..., into, :]
    return leaf if out is None else leaf[..., out]


def _bias(bias: Array | None, added: Array, out: np.ndarray | None) -> dict[str, Array]:
    """The bias of a layer with what units before it have added; {} if it needs none."""
    more = added if out is None else added[..., out]
    flat = more.reshape(-1, more.shape[-1])
    if bool((flat == flat[:1]).all()):
        more = flat[0]
    if bias is None:
        return {"bias": more} if bool(more.any()) else {}
    return {"bias": _like(bias, more) + more}


def _like(x: Array, other: Array) -> Array:
    """An array with as many axes as another one, the first of which are 1 long."""
    return x.reshape((1,) * (other.ndim - x.ndim) + x.shape)
