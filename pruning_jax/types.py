"""Names for what travels between the layers."""

from typing import Any, TypeAlias

from jaxtyping import Array, Key, PyTree

Params: TypeAlias = PyTree[Array]
"""Flax parameters: a nested dict of arrays; prunable ones are named `kernel`."""

Mask: TypeAlias = PyTree[Any]
"""The structure of the parameters: a bool array where weights can be pruned
(True remains), None where nothing is ever pruned."""

Scores: TypeAlias = PyTree[Array]
"""The structure and shapes of the parameters: one score per weight, the lowest go.
Scores of what cannot be pruned are ignored."""

PRNGKey: TypeAlias = Key[Array, ""]
"""A typed key of `jax.random.key`; always passed explicitly as `key`."""
