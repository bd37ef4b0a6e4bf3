"""VGG-16 for images of CIFAR's size (Simonyan & Zisserman 2015, arXiv 1409.1556).

As the reference implementation has it (OpenLTH, Frankle 2020): batch normalisation, a mean
and one linear layer in place of three.
"""

from collections.abc import Callable

from flax import linen as nn
from jaxtyping import Array, Bool, Float

from pruning_jax.experiment.recipe import Recipe
from pruning_jax.models import convolution, normalisation
from pruning_jax.models.layers import conv, dense, scaled
from pruning_jax.models.normalisation import Way

SEGMENTS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""The channels of the convolutions; a maximum over 2 x 2 lies between segments."""


class VGG16(nn.Module):
    """Logits [n, classes] of images [n, height, width, channels]."""

    width: float
    num_classes: int
    convolve: Callable[..., Array] | None = None
    normalise: Way = normalisation.native

    @nn.compact
    def __call__(
        self,
        images: Float[Array, "n h w c"],
        train: bool = False,
        valid: Bool[Array, " n"] | None = None,
    ) -> Float[Array, "n k"]:
        x = images
        for i, segment in enumerate(SEGMENTS):
            if i:
                x = nn.max_pool(x, (2, 2), (2, 2))
            for channels in segment:
                x = conv(x, scaled(channels, self.width), bias=True, convolve=self.convolve)
                x = self.normalise(train, valid, x.dtype)(x, relu=True)
        return dense(x.mean((1, 2)), self.num_classes)


def build(recipe: Recipe) -> nn.Module:
    ways = convolution.chosen(recipe), normalisation.chosen(recipe)
    return VGG16(recipe.width, recipe.num_classes, *ways)
