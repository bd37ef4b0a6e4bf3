"""Random changes of training images, inside the compiled step.

Every public function is an augmentation, known by its name: one image uint8 [height, width,
channels] and a key to an image of the same shape. What happens to an image depends on the
replica's seed, the epoch and the image's place in the data set alone.
"""

import inspect
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, UInt8

from pruning_jax.types import PRNGKey

PADDING = 4
"""Black pixels on each side before a crop, as for CIFAR in the reference implementation
(OpenLTH, Frankle 2020)."""


def flip(image: UInt8[Array, "h w c"], key: PRNGKey) -> UInt8[Array, "h w c"]:
    """Left and right exchanged, in half of the cases."""
    return jnp.where(jax.random.bernoulli(key), image[:, ::-1], image)


def crop(image: UInt8[Array, "h w c"], key: PRNGKey) -> UInt8[Array, "h w c"]:
    """A window of the image's size, anywhere in the image with black pixels around it."""
    padded = jnp.pad(image, ((PADDING, PADDING), (PADDING, PADDING), (0, 0)))
    row, column = jax.random.randint(key, (2,), 0, 2 * PADDING + 1)
    return jax.lax.dynamic_slice(padded, (row, column, 0), image.shape)


KINDS: dict[str, Callable[..., Array]] = {
    name: function
    for name, function in dict(globals()).items()
    if inspect.isfunction(function) and function.__module__ == __name__
}
"""The augmentations by name: every function above."""

RESIZED_CROP = "resized_crop"
"""A part of the image, of random size and shape, at the size of all images: done where images
are read (pruning_jax/feed.py), and for these alone."""


def augment(
    names: tuple[str, ...],
    images: UInt8[Array, "n h w c"],
    places: Int[Array, " n"],
    key: PRNGKey,
) -> UInt8[Array, "n h w c"]:
    """The images, changed by each augmentation in turn.

    Args:
      places: of the images in the data set.
      key: of a replica and an epoch.
    """

    def one(image: UInt8[Array, "h w c"], place: Int[Array, ""]) -> UInt8[Array, "h w c"]:
        own = jax.random.fold_in(key, place)
        for i, name in enumerate(names):
            image = KINDS[name](image, jax.random.fold_in(own, i))
        return image

    return jax.vmap(one)(images, places) if names else images
