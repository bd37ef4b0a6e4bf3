"""The laws of an augmentation."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from pruning_jax import plugins
from pruning_jax.data.augment import Augmentation
from pruning_jax.testing.laws import compiled, law

WHAT = "augment(image, key)"

SHAPES = ((8, 8, 1), (9, 7, 3), (32, 32, 3))
"""Of images: grey and coloured ones, and one that is not square."""

COUNT = 50
"""How many images of each shape are changed."""


def check_augmentation(augment: str | Augmentation) -> None:
    """Checks that an augmentation keeps the laws that the program relies on.

    It returns an image uint8 of the shape that it was given; the image is a function of its
    arguments alone; it can be compiled, and applied to many images at once by jax.vmap.

    Args:
      augment: the function, or its name: "flip", "my_module:augment".

    Raises:
      AssertionError: it breaks a law; the message says which, and what to do.
      WrongUse: there is no augmentation of that name.
    """
    function = plugins.AUGMENTATIONS.find(augment) if isinstance(augment, str) else augment
    for shape in SHAPES:
        images = np.random.default_rng(0).integers(0, 256, (COUNT, *shape)).astype(np.uint8)
        changed = _changed(function, images)
        law(
            changed.dtype == np.uint8,
            f"{WHAT} returns an image of {changed.dtype}; return uint8: where you compute "
            "with fractions, jnp.clip(jnp.round(image), 0, 255).astype(jnp.uint8).",
        )
        law(
            changed.shape == images.shape,
            f"{WHAT} returns an image of {changed.shape[1:]} for one of {shape}; every image must "
            "keep its shape, so crop after padding, or resize to image.shape.",
        )
        law(
            bool((changed == _changed(function, images)).all()),
            f"{WHAT} returns another image for the same key; take every random number from "
            "jax.random with `key`, so that a run can be repeated and resumed.",
        )


def _changed(function: Augmentation, images: np.ndarray) -> Array:
    """Images, each changed with a key of its own, by a compiled program."""
    keys = jax.random.split(jax.random.key(0), len(images))
    return compiled(jax.vmap(function), jnp.asarray(images), keys, what=WHAT)
