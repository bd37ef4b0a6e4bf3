"""What `check_augmentation` tells an author whose augmentation breaks a law."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pruning_jax.errors import WrongUse
from pruning_jax.testing import check_augmentation

UNSEEDED = np.random.default_rng()


def good(image, key):
    """Some light."""
    light = jax.random.uniform(key, (), minval=0.5, maxval=1.5)
    return jnp.clip(image * light, 0, 255).astype(jnp.uint8)


def fractions(image, key):
    return image * 0.5


def smaller(image, key):
    return image[1:]


def turned(image, key):
    return jnp.rot90(image)


def unrepeatable(image, key):
    return image // int(UNSEEDED.integers(1, 256))


def uncompiled(image, key):
    return image[::-1] if jax.random.bernoulli(key) else image


def test_a_lawful_one_passes():
    check_augmentation(good)
    check_augmentation("flip")


@pytest.mark.parametrize(
    ("augment", "says"),
    [
        (fractions, r"an image of float32; return uint8: .*\.astype\(jnp\.uint8\)"),
        (smaller, r"an image of \(7, 8, 1\) for one of \(8, 8, 1\); every image must keep"),
        (turned, r"an image of \(7, 9, 3\) for one of \(9, 7, 3\)"),
        (unrepeatable, "another image for the same key; take every random number from jax.random"),
        (uncompiled, "cannot be compiled by JAX: TracerBoolConversionError.* jnp.where instead of"),
    ],
)
def test_what_breaks_a_law_is_told_what_to_do(augment, says):
    with pytest.raises(AssertionError, match=says):
        check_augmentation(augment)


def test_an_unknown_name_is_refused():
    with pytest.raises(WrongUse, match="did you mean flip"):
        check_augmentation("flop")
