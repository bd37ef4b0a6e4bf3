"""A random flip."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, UInt8

from pruning_jax.types import PRNGKey


def augment(image: UInt8[Array, "h w c"], key: PRNGKey) -> UInt8[Array, "h w c"]:
    """The image, with left and right exchanged in half of the cases."""
    return jnp.where(jax.random.bernoulli(key), image[:, ::-1], image)
