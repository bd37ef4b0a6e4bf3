"""Uniform noise, which OpenLTH uses (Frankle 2020); it is here for comparison with its results."""

import jax
from jaxtyping import Array, Float, Int

from pruning_jax.types import PRNGKey


def relabel(
    labels: Int[Array, " n"], key: PRNGKey, num_classes: int, transition: Float[Array, "c c"] | None
) -> Int[Array, " n"]:
    """Any class; the true one is as likely as any other.

    With c classes only (c - 1) / c of the chosen examples get a wrong label.
    """
    return jax.random.randint(key, labels.shape, 0, num_classes, labels.dtype)
