"""ResNet-50 for images of ImageNet's size (He et al. 2016, arXiv 1512.03385)."""

from flax import linen as nn

from pruning_jax.config import Recipe
from pruning_jax.models._convolution import chosen
from pruning_jax.models._resnet import ResNet50


def build(recipe: Recipe) -> nn.Module:
    return ResNet50(recipe.width, recipe.num_classes, chosen(recipe))
