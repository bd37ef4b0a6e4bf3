"""Noise that a transition matrix describes."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from pruning_jax.types import PRNGKey


def relabel(
    labels: Int[Array, " n"], key: PRNGKey, num_classes: int, transition: Float[Array, "c c"] | None
) -> Int[Array, " n"]:
    """Class j with probability `transition[i, j]` for an example of the true class i.

    The matrix acts on the chosen examples only. A matrix that already says how many labels change
    (with a diagonal near 1) goes with the noise rate 1.

    Raises:
      ValueError: there is no matrix.
    """
    if transition is None:
        raise ValueError("noise kind 'matrix' needs a transition matrix, but there is none")
    drawn = jax.random.categorical(key, jnp.log(transition)[labels])
    return drawn.astype(labels.dtype)
