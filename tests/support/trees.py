"""Checks of pytrees of arrays as types of arguments, at a fraction of what jaxtyping's cost.

jaxtyping asks typeguard about every node of a tree, in each call of each function: a third of the
time of tests that compute in their own process. These ask the same of the leaves alone.
"""

import jax
import numpy as np

from pruning_jax import types


class _Leaves(type):
    """The type of trees, all of whose leaves are arrays, of one type of numbers if one is named."""

    def __instancecheck__(cls, tree):
        leaves = jax.tree.leaves(tree)
        return all(
            isinstance(leaf, jax.Array | np.ndarray | jax.ShapeDtypeStruct) for leaf in leaves
        ) and (cls.dtype is None or all(leaf.dtype == cls.dtype for leaf in leaves))


class Arrays(metaclass=_Leaves):
    """A tree of arrays."""

    dtype = None


class Bools(metaclass=_Leaves):
    """A tree of arrays of truth values."""

    dtype = bool


def check_leaves():
    """Makes these the types of `pruning_jax.types`, for modules that are imported from here on."""
    types.Params = types.Statistics = types.Scores = Arrays
    types.Mask = Bools
