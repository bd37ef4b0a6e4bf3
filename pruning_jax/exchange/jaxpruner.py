"""Networks that JaxPruner has pruned (Lee et al. 2023, arXiv 2304.14082)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from flax import traverse_util
from jaxtyping import PyTree, Shaped

from pruning_jax.errors import require
from pruning_jax.exchange.network import is_prunable, same, tree
from pruning_jax.masks import PRUNABLE
from pruning_jax.types import AnyArray, Mask, Params


def from_jaxpruner(
    params: Params, masks: PyTree[Shaped[AnyArray, "..."]], *, packed: bool = False
) -> tuple[Params, Mask]:
    """The parameters and the mask of a network that JaxPruner has pruned, as this program has them.

    Parameters are 0 where the mask is False, and every `kernel` has a mask: one that JaxPruner did
    not prune has True everywhere.

    Args:
      params: nested dicts of arrays, as Flax has them.
      masks: `masks` of the SparseState that JaxPruner keeps as the state of the optimizer: the
        structure of the parameters, with arrays of 0 and 1, or None where nothing is pruned.
      packed: whether these arrays are packed, eight places in a byte (`use_packed_masks`).

    Raises:
      WrongUse: the two do not fit together, a mask has other values than 0 and 1, or something is
        pruned that is not called `kernel`.
    """
    leaves, found = _flat("params", params), _flat("masks", masks)
    wrong = {path for path in leaves if leaves[path] is None}
    require(not wrong, f"params: {', '.join(sorted(wrong))} is None, not an array")
    arrays = {path: np.asarray(leaf) for path, leaf in leaves.items()}
    same("masks", dict.fromkeys(found, ()), dict.fromkeys(arrays, ()))
    bools = {path: _bool(path, found[path], leaf.shape, packed) for path, leaf in arrays.items()}
    other = [p for p, m in bools.items() if not m.all() and not is_prunable(p)]
    require(
        not other,
        f"masks: {', '.join(other)} is pruned; here only what is called {PRUNABLE!r} may be",
    )
    mask = {path: m if is_prunable(path) else None for path, m in bools.items()}
    kept = {path: np.where(bools[path], leaf, leaf.dtype.type(0)) for path, leaf in arrays.items()}
    return tree(kept), tree(mask)


def _flat(what: str, given: Any) -> dict[str, Any]:
    """The leaves of nested dicts by their paths."""
    require(
        isinstance(given, Mapping),
        f"{what} are of type {type(given).__name__}; nested dicts of arrays are expected",
    )
    leaves = traverse_util.flatten_dict(dict(given))
    for path in leaves:
        fine = all(isinstance(name, str) for name in path)
        require(fine, f"{what}: {path} has a name that is no text")
    return {"/".join(path): leaf for path, leaf in leaves.items()}


def _bool(path: str, given: Any, shape: tuple[int, ...], packed: bool) -> np.ndarray:
    """A mask of the shape of its parameters; all True for None.

    Raises:
      WrongUse: it has another shape or other values.
    """
    if given is None:
        return np.ones(shape, bool)
    array, size = np.asarray(given), int(np.prod(shape))
    if packed:
        require(
            array.dtype == np.uint8 and array.shape == (-(-size // 8),),
            f"masks: {path} is {array.dtype} {array.shape}, not the bytes of {size} packed places",
        )
        array = np.unpackbits(array)[:size].reshape(shape)
    hint = "; are the masks packed? Then say packed=True" if array.dtype == np.uint8 else ""
    require(
        array.shape == shape,
        f"masks: {path} has the shape {array.shape}, its parameters {shape}{hint}",
    )
    fine = bool(((array == 0) | (array == 1)).all())
    require(fine, f"masks: {path} has other values than 0 and 1")
    return array.astype(bool)
