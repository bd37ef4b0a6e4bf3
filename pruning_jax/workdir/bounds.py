"""The memory that the files of a cell may take, so that a small file cannot fill it.

A file of a few megabytes can say that it unpacks to many gigabytes. How much it may be is known
before it is opened: from the configuration, and from the rows of its cell.
"""

import math

import numpy as np

from pruning_jax.workdir.columns import EXAMPLE_ARRAYS, TEST

MOST_TEST = 1_000_000
"""More test examples no data set has; how many one has is not written down elsewhere."""

MOST_WEIGHTS = 500_000_000
"""More prunable weights no network has, whatever a row says."""

SLACK = 100_000
"""Bytes for the names and the headers of arrays."""

MOST_ENTRY, MOST_MANIFEST = 1_000_000, 256_000_000
"""Bytes of an entry of manifest.json, and of the whole."""


def examples(train_size: int, rounds: int) -> int:
    """The bytes of the arrays of examples.npz, at most."""
    sizes = {"example": train_size, "round": rounds, TEST: MOST_TEST}
    total = SLACK
    for array in EXAMPLE_ARRAYS:
        total += np.dtype(array.type).itemsize * math.prod(sizes[axis] for axis in array.shape)
    return total


def mask(weights: int) -> int:
    """The bytes of a mask of a network with so many prunable weights."""
    return min(weights, MOST_WEIGHTS) + SLACK


def params(weights: int) -> int:
    """The bytes of the parameters of such a network, at most: biases and the like add to them."""
    return 8 * (min(weights, MOST_WEIGHTS) + 1_000_000) + SLACK


def manifest(rounds: int) -> int:
    """The bytes of manifest.json of a cell with so many rounds, at most."""
    return min((rounds + 2) * MOST_ENTRY, MOST_MANIFEST)
