"""Names for what travels between the rooms."""

from typing import TypeAlias

import jax
import numpy as np
from jaxtyping import Array, Bool, Key, PyTree, Shaped

AnyArray: TypeAlias = Array | np.ndarray | jax.ShapeDtypeStruct
"""An array on a device, one in memory, or the mere shape and type of one."""

Params: TypeAlias = PyTree[Shaped[AnyArray, "..."]]
"""Flax parameters: a nested dict of arrays, in which the prunable ones are named `kernel`."""

Statistics: TypeAlias = PyTree[Shaped[AnyArray, "..."]]
"""The running moments of BatchNorm; an empty dict for a network without it."""

Mask: TypeAlias = PyTree[Bool[AnyArray, "..."]]
"""The structure of the parameters: a bool array where weights can be pruned
(True: the weight remains), None where nothing is ever pruned."""

Scores: TypeAlias = PyTree[Shaped[AnyArray, "..."]]
"""The structure and the shapes of the parameters: one score per weight. The lowest are pruned.
Scores of parameters that cannot be pruned are ignored."""

PRNGKey: TypeAlias = Key[Array, ""]
"""A typed key of `jax.random.key`; it is always passed explicitly as `key`."""
