"""Comparing what replicas give: twice, and together."""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from pruning_jax.testing.laws import law, program
from pruning_jax.training.replicas import WAYS


def over_replicas(
    function: Callable[..., PyTree], both: list[PyTree], alone: list[PyTree], what: str
) -> None:
    """Checks that two replicas give the same together, in turns and side by side, as alone.

    Args:
      function: of one replica.
      both: two replicas, each a pytree of arrays.
      alone: what the function returns for each.

    Raises:
      AssertionError: a result depends on the other replica, or cannot be had together.
    """
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *both)
    for way in ("turns", "vmap"):
        many = functools.partial(WAYS[way], function)
        together = program(many, f"{what}, with config.engine.replicas = {way!r},")(stacked)
        for i, expected in enumerate(alone):
            law(
                close(jax.tree.map(lambda leaf, i=i: leaf[i], together), expected),
                f"{what} gives a replica something else when another one is computed with it "
                f"(config.engine.replicas = {way!r}). Replicas must be independent of each other: "
                "keep nothing from call to call, and compute from the arguments alone.",
            )


def same(one: PyTree, other: PyTree) -> bool:
    """Whether two pytrees have the same bits."""
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def close(one: PyTree, other: PyTree, within: float = 1e-4) -> bool:
    """Whether two pytrees are the same up to rounding: to a part of each array's largest value."""
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(_close(np.asarray(a), np.asarray(b), within) for a, b in pairs)


def _close(one: np.ndarray, other: np.ndarray, within: float) -> bool:
    finite = other[np.isfinite(other)]
    atol = within * np.abs(finite).max(initial=0)
    return bool(np.allclose(one, other, rtol=within, atol=atol, equal_nan=True))
