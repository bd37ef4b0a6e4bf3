"""A random crop."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, UInt8

from pruning_jax.types import PRNGKey

PADDING = 4
"""The width of the black border, in pixels, which is that of CIFAR in OpenLTH (Frankle 2020)."""


def augment(image: UInt8[Array, "h w c"], key: PRNGKey) -> UInt8[Array, "h w c"]:
    """A window as large as the image, anywhere in the image with a black border around it."""
    row, column = jax.random.randint(key, (2,), 0, 2 * PADDING + 1)
    return jax.lax.platform_dependent(image, row, column, tpu=selected, default=sliced)


def _padded(image: UInt8[Array, "h w c"]) -> UInt8[Array, "h2 w2 c"]:
    return jnp.pad(image, ((PADDING, PADDING), (PADDING, PADDING), (0, 0)))


def sliced(
    image: UInt8[Array, "h w c"], row: Int[Array, ""], column: Int[Array, ""]
) -> UInt8[Array, "h w c"]:
    """The window that begins at a row and a column of the image with its border."""
    return jax.lax.dynamic_slice(_padded(image), (row, column, 0), image.shape)


def selected(
    image: UInt8[Array, "h w c"], row: Int[Array, ""], column: Int[Array, ""]
) -> UInt8[Array, "h w c"]:
    """The same window, selected from all that there could be: first its rows, then its columns.

    For many images at once `sliced` is a loop over the images on a TPU, one after the other.
    """
    height, width, _ = image.shape
    places = range(2 * PADDING + 1)
    padded = _padded(image)
    rows = [padded[i : i + height] for i in places]
    band = jax.lax.select_n(row, *rows)
    return jax.lax.select_n(column, *(band[:, i : i + width] for i in places))
