"""Symmetric noise."""

import jax
from jaxtyping import Array, Float, Int

from pruning_jax.types import PRNGKey

ALWAYS_WRONG = True


def relabel(
    labels: Int[Array, " n"], key: PRNGKey, num_classes: int, transition: Float[Array, "c c"] | None
) -> Int[Array, " n"]:
    """Another class than the true one; each of the others is equally likely."""
    shift = jax.random.randint(key, labels.shape, 1, num_classes, labels.dtype)
    return (labels + shift) % num_classes
