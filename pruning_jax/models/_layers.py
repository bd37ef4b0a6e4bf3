"""Layers with the reference implementation's initialisation (OpenLTH, Frankle 2020)."""

import jax
from flax import linen as nn
from jaxtyping import Array, Float

from pruning_jax.types import PRNGKey

kaiming_normal = nn.initializers.variance_scaling(2.0, "fan_in", "normal")
"""normal(0, sqrt(2 / fan_in)): He et al. 2015, arXiv 1502.01852."""


def dense(x: Float[Array, "n inputs"], units: int) -> Float[Array, "n units"]:
    """A linear layer: weights normal(0, sqrt(2 / fan_in)), biases uniform(+-1 / sqrt(fan_in))."""
    bound = x.shape[-1] ** -0.5

    def bias(key: PRNGKey, shape: tuple[int, ...], dtype: type = float) -> Array:
        return jax.random.uniform(key, shape, dtype, -bound, bound)

    return nn.Dense(units, kernel_init=kaiming_normal, bias_init=bias)(x)
