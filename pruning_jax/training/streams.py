"""Independent random streams of one seed.

Everything random is a pure function of (seed, purpose, and where it applies an
epoch or a round), so that nothing random needs saving and two runs with one seed
differ only in what they mean to differ in.
"""

import enum

import jax
import numpy as np
from jaxtyping import Array, Int

from pruning_jax.types import PRNGKey


class Stream(enum.IntEnum):
    """What a random stream is for. Never renumber: old runs would not repeat."""

    INITIALISATION = 0
    DATA_ORDER = 1
    LABEL_NOISE = 2
    CRITERION = 3
    SHUFFLE = 4
    REINITIALISATION = 5
    REMOVAL = 6
    AUGMENTATION = 7
    PROBES = 8  # random vectors, by which a matrix is looked at
    OTHER_ORDER = 9  # of the examples, and other augmentations, for a second training


def stream(key: PRNGKey, purpose: Stream, index: int | np.integer | Int[Array, ""] = 0) -> PRNGKey:
    """The key of one purpose, for one epoch or round (`index`), below a root `key`."""
    return jax.random.fold_in(jax.random.fold_in(key, int(purpose)), index)
