"""How many weights of a network, and of each of its layers, a density keeps."""

import numpy as np

from pruning_jax import masks
from pruning_jax.experiment import rules
from pruning_jax.types import Mask


def kept(sizes: np.ndarray, density: float) -> int:
    """round(total * density), of all prunable weights."""
    return round(int(sizes.sum()) * density)


def kept_per_layer(sizes: np.ndarray, excluded: np.ndarray, density: float) -> np.ndarray:
    """The weights to keep in each layer, int32 [layers], `kept` in sum.

    Excluded layers stay whole; the others share the rest by largest quotients
    (Sainte-Lague): the k-th weight of a layer of n stands at (k - 1/2) / n, and the first
    ones are kept. So with a lower density no layer keeps more, as masks must be nested.
    """
    free = np.where(excluded, 0, sizes).astype(np.int64)
    rest = max(0, kept(sizes, density) - int(sizes[excluded].sum()))
    keeps = np.floor(free * (rest / max(1, free.sum())) + 0.5).astype(np.int64)
    with np.errstate(divide="ignore", invalid="ignore"):
        while keeps.sum() < rest:
            keeps[np.argmin(np.where(keeps < free, (keeps + 0.5) / free, np.inf))] += 1
        while keeps.sum() > rest:
            quotients = np.where(keeps > 0, (keeps - 0.5) / free, -np.inf)
            keeps[len(keeps) - 1 - np.argmax(quotients[::-1])] -= 1
    return np.where(excluded, sizes, keeps).astype(np.int32)


def excluded(mask: Mask, patterns: tuple[str, ...]) -> np.ndarray:
    """For each prunable leaf, whether its path or its layer matches one of `patterns`.

    >>> excluded({"Dense_0": {"kernel": np.ones(2, bool)}}, ("Dense_0",))
    array([ True])
    """
    return np.array(
        [any(rules.matches(name, pattern) for pattern in patterns) for name in masks.named(mask)],
        bool,
    )
