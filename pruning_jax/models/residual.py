"""Residual networks (He et al. 2016, arXiv 1512.03385) as the reference implementation has them
(OpenLTH, Frankle 2020): projections with batch normalisation where the shape changes."""

import functools
from collections.abc import Callable

from flax import linen as nn
from jaxtyping import Array, Bool, Float

from pruning_jax.experiment.recipe import Recipe
from pruning_jax.models import convolution, layers, normalisation
from pruning_jax.models.layers import dense, scaled
from pruning_jax.models.normalisation import Way

Images = Float[Array, "n h w c"]
Valid = Bool[Array, " n"] | None
Layer = Callable[..., Array]
Norm = Callable[[], Layer]
"""Makes one more layer that normalises."""


def _shortcut(x: Array, channels: int, stride: int, conv: Layer, norm: Norm) -> Array:
    """The input, projected where the block changes its shape."""
    if stride == 1 and x.shape[-1] == channels:
        return x
    return norm()(conv(x, channels, 1, stride))


def basic(x: Array, channels: int, stride: int, conv: Layer, norm: Norm) -> Array:
    """Two convolutions 3 x 3."""
    first, second = norm(), norm()  # made before that of the shortcut, so that they are so named
    y = first(conv(x, channels, 3, stride), relu=True)
    y = conv(y, channels, 3)
    return second(y, _shortcut(x, channels, stride, conv, norm), relu=True)


def bottleneck(x: Array, channels: int, stride: int, conv: Layer, norm: Norm) -> Array:
    """Convolutions 1 x 1, 3 x 3 (with the stride) and 1 x 1, to four times the channels."""
    first, second, third = norm(), norm(), norm()
    y = first(conv(x, channels, 1), relu=True)
    y = second(conv(y, channels, 3, stride), relu=True)
    y = conv(y, 4 * channels, 1)
    return third(y, _shortcut(x, 4 * channels, stride, conv, norm), relu=True)


class CifarResNet(nn.Module):
    """ResNet-N for small images: three segments of (N - 2) / 6 basic blocks, then a mean.

    Logits [n, classes] of images [n, height, width, channels].
    """

    depth: int
    width: float
    num_classes: int
    convolve: Layer | None = None
    normalise: Way = normalisation.native

    @nn.compact
    def __call__(
        self, images: Images, train: bool = False, valid: Valid = None
    ) -> Float[Array, "n k"]:
        norm = functools.partial(self.normalise, train, valid, images.dtype)
        conv = functools.partial(layers.conv, convolve=self.convolve)
        x = norm()(conv(images, scaled(16, self.width)), relu=True)
        for segment in range(3):
            for block in range((self.depth - 2) // 6):
                stride = 2 if segment and not block else 1
                x = basic(x, scaled(16 * 2**segment, self.width), stride, conv, norm)
        return dense(x.mean((1, 2)), self.num_classes)


class ResNet50(nn.Module):
    """ResNet-50 for large images: four segments of 3, 4, 6 and 3 bottleneck blocks.

    Logits [n, classes] of images [n, height, width, channels].
    """

    width: float
    num_classes: int
    convolve: Layer | None = None
    normalise: Way = normalisation.native

    @nn.compact
    def __call__(
        self, images: Images, train: bool = False, valid: Valid = None
    ) -> Float[Array, "n k"]:
        norm = functools.partial(self.normalise, train, valid, images.dtype)
        conv = functools.partial(layers.conv, convolve=self.convolve)
        x = norm()(conv(images, scaled(64, self.width), 7, 2), relu=True)
        x = nn.max_pool(x, (3, 3), (2, 2), ((1, 1), (1, 1)))  # pyright: ignore[reportArgumentType]
        for segment, blocks in enumerate((3, 4, 6, 3)):
            for block in range(blocks):
                stride = 2 if segment and not block else 1
                x = bottleneck(x, scaled(64 * 2**segment, self.width), stride, conv, norm)
        return dense(x.mean((1, 2)), self.num_classes)


def cifar_resnet(recipe: Recipe, depth: int) -> CifarResNet:
    """ResNet-`depth` for small images, of a recipe, as its engine computes it."""
    ways = convolution.chosen(recipe), normalisation.chosen(recipe)
    return CifarResNet(depth, recipe.width, recipe.num_classes, *ways)


def resnet50(recipe: Recipe) -> ResNet50:
    """ResNet-50 for large images, of a recipe, as its engine computes it."""
    ways = convolution.chosen(recipe), normalisation.chosen(recipe)
    return ResNet50(recipe.width, recipe.num_classes, *ways)
