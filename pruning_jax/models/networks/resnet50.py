"""ResNet-50 for images of ImageNet's size (He et al. 2016, arXiv 1512.03385)."""

from pruning_jax.models.residual import resnet50 as build

__all__ = ["build"]
