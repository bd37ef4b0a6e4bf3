"""Saved networks: packed as they are written, whole as they are read.

A file of parameters holds of each prunable layer only the weights that its mask leaves, so that it
shrinks with the density and needs no compression, which takes longer than writing.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pruning_jax.files import Arrays, read_arrays
from pruning_jax.workdir import bounds
from pruning_jax.workdir.damage import expect
from pruning_jax.workdir.damage import read as attempt

STATISTICS = "statistics/"
"""Before the paths of BatchNorm's statistics, in the file of parameters."""


class Saved(NamedTuple):
    """A network as its file tells it; the arrays are named by their paths."""

    params: Arrays  # float32, exactly 0 where the mask has pruned
    statistics: Arrays  # of BatchNorm; empty for a network without


def packed(saved: Saved, mask: Mapping[str, np.ndarray]) -> Arrays:
    """The arrays of the file: of each layer of the mask the weights that remain, in the order of
    its rows, and all that is never pruned as it is.

    >>> kernel, mask = np.array([[1.0, 0.0], [2.0, 3.0]]), np.array([[True, False], [True, True]])
    >>> packed(Saved({"Dense_0/kernel": kernel}, {}), {"Dense_0/kernel": mask})
    {'Dense_0/kernel': array([1., 2., 3.])}
    """
    params = {n: own[mask[n]] if n in mask else own for n, own in saved.params.items()}
    return params | {f"{STATISTICS}{name}": own for name, own in saved.statistics.items()}


def read(path: Path, mask: Mapping[str, np.ndarray], *, whole: bool = False) -> Saved:
    """The network of a file.

    Args:
      path: the file.
      mask: under which the network was saved.
      whole: whether it was saved before any weight was pruned, as an anchor is.

    Raises:
      Damaged: the file cannot be read, or does not fit the mask.
    """
    most = bounds.params(sum(own.size for own in mask.values()))
    found = attempt(path, lambda path: read_arrays(path, float(most)))
    wrong = [name for name, array in found.items() if array.dtype != "float32"]
    expect(not wrong, path, f"has {', '.join(wrong)} in another type than float32")
    params = {n: own for n, own in found.items() if not n.startswith(STATISTICS)}
    for name, kept in mask.items():
        shape = kept.shape if whole else (int(np.count_nonzero(kept)),)
        there = name in params and params[name].shape == shape
        expect(there, path, f"has no array {name} of the shape {shape} that the mask has")
        if not whole:
            layer = np.zeros(kept.shape, np.float32)
            layer[kept] = params[name]
            params[name] = layer
    statistics = {
        name.removeprefix(STATISTICS): own
        for name, own in found.items()
        if name.startswith(STATISTICS)
    }
    return Saved(params, statistics)
