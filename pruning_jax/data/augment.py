"""Random changes of training images, as a part of the compiled training step.

What happens to an image depends on the seed of the replica, the epoch, and the place of the image
in the data set, and on nothing else.
"""

from collections.abc import Callable
from typing import TypeAlias

import jax
from jaxtyping import Array, Int, UInt8

from pruning_jax import plugins
from pruning_jax.errors import one_of
from pruning_jax.types import PRNGKey

Augmentation: TypeAlias = Callable[[Array, PRNGKey], Array]
"""Takes an image uint8 [height, width, channels] and a key; returns an image of the same shape."""

RESIZED_CROP = "resized_crop"
"""The name of one more augmentation: a part of the image, of random size and shape, resized to the
size that all images have. It is done where images are read (data/reading/feed.py), because there
they still have their full size; so it is only for images that are read as they are needed."""


def check(name: str) -> None:
    """Checks that a name is that of an augmentation, or is written as one elsewhere.

    Raises:
      WrongUse: it is neither.
    """
    if ":" in name:
        plugins.AUGMENTATIONS.check(name, "augmentations:")
    else:
        one_of("augmentations:", name, (*plugins.AUGMENTATIONS.names, RESIZED_CROP))


def augment(
    names: tuple[str, ...],
    images: UInt8[Array, "n h w c"],
    places: Int[Array, " n"],
    key: PRNGKey,
) -> UInt8[Array, "n h w c"]:
    """The images, changed by one augmentation after the other.

    Args:
      names: of augmentations; RESIZED_CROP is left out, because it was done before.
      places: the places of the images in the data set.
      key: the key of a replica and an epoch.

    Raises:
      WrongUse: there is no augmentation of that name.
    """
    changes: list[Augmentation] = [
        plugins.AUGMENTATIONS.find(name) for name in names if name != RESIZED_CROP
    ]

    def one(image: UInt8[Array, "h w c"], place: Int[Array, ""]) -> UInt8[Array, "h w c"]:
        own = jax.random.fold_in(key, place)
        for i, change in enumerate(changes):  # each has a key of its own, even if it comes twice
            image = change(image, jax.random.fold_in(own, i))
        return image

    return jax.vmap(one)(images, places) if changes else images
