"""Masks: bool pytrees over Flax parameters.

A mask has the structure of the parameters. A leaf is a bool array where weights can
be pruned (True: the weight remains) and None where nothing is ever pruned.
"""

import math
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PyTree, UInt32

from pruning_jax.types import AnyArray, Mask, Params, PRNGKey, Scores

PRUNABLE = "kernel"
"""Flax's name for the weights of convolutions and linear layers; biases and
normalisation are named otherwise and are never pruned (Frankle & Carbin 2019,
arXiv 1803.03635)."""


def _is_none(leaf: object) -> bool:
    return leaf is None


def dense(params: Params) -> Mask:
    """The mask under which every prunable weight remains."""
    return jax.tree_util.tree_map_with_path(
        lambda path, leaf: jnp.ones(leaf.shape, bool) if path[-1].key == PRUNABLE else None,
        params,
    )


def apply(mask: Mask, params: Params) -> Params:
    """The parameters with exact zeros where `mask` is False.

    Selection instead of a product: no promotion of types, and inf or NaN under the
    mask cannot pass. Its gradient at a pruned weight is exactly 0.
    """
    return jax.tree.map(
        lambda m, p: p if m is None else jnp.where(m, p, jnp.zeros((), p.dtype)),
        mask,
        params,
        is_leaf=_is_none,
    )


def prunable(mask: Mask, tree: Params) -> list[Array]:
    """The leaves of `tree` at the places where `mask` has one, in the order of names."""
    picked = jax.tree.map(lambda m, t: None if m is None else t, mask, tree, is_leaf=_is_none)
    return jax.tree.leaves(picked)


def named(tree: Mask | Params) -> dict[str, AnyArray]:
    """The arrays of a mask or of parameters (or their shapes) by their path: `Dense_0/kernel`."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {"/".join(str(key.key) for key in path): leaf for path, leaf in leaves}


def unnamed(arrays: Mapping[str, AnyArray], like: PyTree) -> PyTree:
    """The mask, or parameters, of the structure of `like` with the arrays of `named`."""
    return jax.tree.unflatten(jax.tree.structure(like), [arrays[name] for name in named(like)])


def sizes(mask: Mask) -> dict[str, int]:
    """The number of prunable weights of each layer, by path."""
    return {name: math.prod(leaf.shape) for name, leaf in named(mask).items()}


def total(mask: Mask) -> int:
    """The number of prunable weights."""
    return sum(sizes(mask).values())


def remaining(mask: Mask) -> Int[Array, ""]:
    """The number of weights that remain."""
    return sum((jnp.sum(leaf) for leaf in jax.tree.leaves(mask)), jnp.zeros((), jnp.int32))


def density(mask: Mask) -> Float[Array, ""]:
    """Weights remaining / prunable weights."""
    return remaining(mask) / total(mask)


def _order(scores: Float[Array, " n"], mask: Bool[Array, " n"]) -> UInt32[Array, " n"]:
    """Integers that sort as the scores do: pruned weights 0, then NaN, then the rest."""
    values = jnp.where(scores == 0, 0.0, scores).astype(jnp.float32)  # -0 and +0 tie
    bits = jax.lax.bitcast_convert_type(values, jnp.uint32)
    sign = jnp.uint32(1 << 31)
    ascending = jnp.where(bits & sign, ~bits, bits | sign)
    return jnp.where(mask, jnp.where(jnp.isnan(values), jnp.uint32(1), ascending), jnp.uint32(0))


def _best(
    scores: Float[Array, " n"], mask: Bool[Array, " n"], keep: Int[Array, ""]
) -> Bool[Array, " n"]:
    """The `keep` best survivors of one vector, earlier ones first among ties.

    The score of the last one kept is found by 32 halvings of the integers that a
    float32 can be, each a count: exact, and 15 times faster than sorting.
    """
    order = _order(scores, mask)

    def halve(i: Int[Array, ""], last: UInt32[Array, ""]) -> UInt32[Array, ""]:
        higher = last | (jnp.uint32(1) << jnp.uint32(31 - i))
        return jnp.where(jnp.sum(order >= higher) >= keep, higher, last)

    last = jax.lax.fori_loop(0, 32, halve, jnp.uint32(0))
    above, ties = order > last, order == last
    return (above | (ties & (jnp.cumsum(ties) <= keep - jnp.sum(above)))) & mask


def keep_top(scores: Scores, mask: Mask, keep: Int[Array, ""]) -> Mask:
    """The mask of the `keep` best-scored survivors over all layers (global scope).

    Exactly `keep` weights remain (all, if fewer survive); ties go by position, NaN
    counts as the worst score, and a pruned weight never returns. `keep` may be traced:
    one compilation serves every density.
    """
    leaves, structure = jax.tree.flatten(mask)
    flat_scores = jnp.concatenate([leaf.ravel() for leaf in prunable(mask, scores)])
    flat = _best(flat_scores, jnp.concatenate([leaf.ravel() for leaf in leaves]), keep)
    ends = np.cumsum([leaf.size for leaf in leaves])[:-1]
    parts = [
        part.reshape(leaf.shape) for part, leaf in zip(jnp.split(flat, ends), leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, parts)


def keep_top_per_layer(scores: Scores, mask: Mask, keeps: Int[Array, " layers"]) -> Mask:
    """The mask of the `keeps[i]` best-scored survivors of each prunable leaf i."""
    leaves, structure = jax.tree.flatten(mask)
    best = [
        _best(score.ravel(), leaf.ravel(), keep).reshape(leaf.shape)
        for score, leaf, keep in zip(prunable(mask, scores), leaves, keeps, strict=True)
    ]
    return jax.tree.unflatten(structure, best)


def shuffle(mask: Mask, key: PRNGKey) -> Mask:
    """The mask permuted at random inside each layer: the same counts, other places."""
    leaves, structure = jax.tree.flatten(mask)
    keys = jax.random.split(key, len(leaves))
    return jax.tree.unflatten(
        structure,
        [
            jax.random.permutation(k, m.ravel()).reshape(m.shape)
            for k, m in zip(keys, leaves, strict=True)
        ],
    )
