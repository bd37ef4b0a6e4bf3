"""ResNet-32 for images of CIFAR's size (He et al. 2016, arXiv 1512.03385)."""

from functools import partial

from pruning_jax.models.residual import cifar_resnet

build = partial(cifar_resnet, depth=32)
