"""Pair-flip noise (Han et al. 2018, arXiv 1804.06872)."""

from jaxtyping import Array, Float, Int

from pruning_jax.types import PRNGKey

ALWAYS_WRONG = True


def relabel(
    labels: Int[Array, " n"], key: PRNGKey, num_classes: int, transition: Float[Array, "c c"] | None
) -> Int[Array, " n"]:
    """The next class, so that each class is confused with one other class alone."""
    return (labels + 1) % num_classes
