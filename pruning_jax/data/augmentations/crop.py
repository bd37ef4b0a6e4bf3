"""A random crop."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, UInt8

from pruning_jax.types import PRNGKey

PADDING = 4
"""The width of the black border, in pixels, which is that of CIFAR in OpenLTH (Frankle 2020)."""


def augment(image: UInt8[Array, "h w c"], key: PRNGKey) -> UInt8[Array, "h w c"]:
    """A window as large as the image, anywhere in the image with a black border around it."""
    padded = jnp.pad(image, ((PADDING, PADDING), (PADDING, PADDING), (0, 0)))
    row, column = jax.random.randint(key, (2,), 0, 2 * PADDING + 1)
    return jax.lax.dynamic_slice(padded, (row, column, 0), image.shape)
