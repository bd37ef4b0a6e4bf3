"""Layers with the reference implementation's initialisation (OpenLTH, Frankle 2020).

They compute in the type of their input; parameters and BatchNorm's moments are float32.
"""

from collections.abc import Callable

import jax
from flax import linen as nn
from jaxtyping import Array, Bool, Float

from pruning_jax.models import normalisation
from pruning_jax.types import PRNGKey

kaiming_normal = nn.initializers.variance_scaling(2.0, "fan_in", "normal")
"""normal(0, sqrt(2 / fan_in)): He et al. 2015, arXiv 1502.01852."""


def _uniform_bias(fan_in: int) -> nn.initializers.Initializer:
    bound = fan_in**-0.5

    def bias(key: PRNGKey, shape: tuple[int, ...], dtype: type = float) -> Array:
        return jax.random.uniform(key, shape, dtype, -bound, bound)

    return bias


def dense(x: Float[Array, "n inputs"], units: int) -> Float[Array, "n units"]:
    """A linear layer: weights normal(0, sqrt(2 / fan_in)), biases uniform(+-1 / sqrt(fan_in))."""
    bias = _uniform_bias(x.shape[-1])
    return nn.Dense(units, dtype=x.dtype, kernel_init=kaiming_normal, bias_init=bias)(x)


def conv(
    x: Float[Array, "n h w c"],
    channels: int,
    size: int = 3,
    stride: int = 1,
    bias: bool = False,
    convolve: Callable[..., Array] | None = None,
) -> Float[Array, "n h2 w2 d"]:
    """A convolution, size x size, padded alike on all sides by size // 2; bias as in `dense`.

    Args:
      convolve: how it is computed, one of the ways of models/convolution.py; None: XLA's own.
    """
    return nn.Conv(
        channels,
        (size, size),
        (stride, stride),
        padding=size // 2,
        use_bias=bias,
        dtype=x.dtype,
        kernel_init=kaiming_normal,
        bias_init=_uniform_bias(size * size * x.shape[-1]),
        conv_general_dilated=convolve,
    )(x)


def norm(
    x: Float[Array, "n h w c"], train: bool, valid: Bool[Array, " n"] | None = None
) -> Float[Array, "n h w c"]:
    """Batch normalisation (Ioffe & Szegedy 2015, arXiv 1502.03167): scale uniform [0, 1), bias 0.

    In training it normalises by the moments of the examples that count.
    """
    return normalisation.native(train, valid, x.dtype)(x)


def scaled(channels: int, width: float) -> int:
    """A number of channels or units at a width, at least one."""
    return max(1, round(channels * width))
