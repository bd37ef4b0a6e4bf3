"""Scoring and pruning one replica."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from pruning_jax import masks, plugins
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.pruning.evidence import Evidence, check
from pruning_jax.training import network
from pruning_jax.training.examples import Images, normalise
from pruning_jax.training.replica import Replica
from pruning_jax.training.streams import Stream, stream
from pruning_jax.types import Mask, Params, Scores, Statistics

Number = Int[Array, ""] | np.int32
Flag = Bool[Array, ""] | np.bool_


class Choice(NamedTuple):
    """How to prune, as numbers, so that one compiled program serves every choice."""

    criterion: Number  # its position among the criteria in use
    layerwise: Flag
    keep: Number  # the weights to keep in the whole network
    keeps: Int[Array, " layers"] | np.ndarray  # those to keep in each layer, if layerwise
    excluded: Bool[Array, " layers"] | np.ndarray  # layers that are not pruned
    round: Number
    steps: Number  # the number of steps in which a round prunes, with new scores in each


def evidence(
    recipe: Recipe, replica: Replica, images: Images, size: int, round_: Number
) -> Evidence:
    """What a criterion may look at in the round `round_`.

    The fixed scoring batch is the replica's first `size` training examples.
    """
    assert images.pixels is not None
    trained, anchor = replica.state, replica.anchor

    def gradient(params: Params, statistics: Statistics = trained.statistics) -> Params:
        return network.gradient(recipe, replica, images, params, statistics, size)

    def logits(
        params: Params, inputs: Float[Array, "n h w c"], statistics: Statistics
    ) -> Float[Array, "n k"]:
        return network.logits(recipe, params, replica.mask, statistics, inputs)[0]

    return Evidence(
        weights=masks.apply(replica.mask, trained.params),
        anchor=anchor.params,
        mask=replica.mask,
        gradient=gradient,
        logits=logits,
        statistics=trained.statistics,
        anchor_statistics=anchor.statistics,
        images=normalise(images.pixels[replica.used[:size]], images),
        key=stream(replica.key, Stream.CRITERION, round_),
    )


def score(
    recipe: Recipe,
    names: tuple[str, ...],
    size: int,
    replica: Replica,
    images: Images,
    choice: Choice,
) -> Scores:
    """The scores of a replica's weights by the chosen one of the criteria `names`."""
    known = evidence(recipe, replica, images, size, choice.round)

    def branch(name: str) -> Callable[[], Scores]:
        def scores() -> Scores:
            result = plugins.CRITERIA.find(name)(known)
            check(name, result, replica.state.params)
            return jax.tree.map(lambda s: s.astype(jnp.float32), result)

        return scores

    return jax.lax.switch(choice.criterion, [branch(name) for name in names])


def _on_the_way(
    begin: Int[Array, "..."],
    end: Int[Array, "..."] | np.ndarray | np.int32,
    k: Number,
    steps: Number,
) -> Int[Array, "..."]:
    """How many of `begin` weights are kept after `k` of the steps that lead to `end` weights.

    Every step keeps the same fraction.
    """
    ratio = end / jnp.maximum(begin, 1)
    between = jnp.round(begin * ratio ** (k / steps)).astype(jnp.int32)
    return jnp.where(k >= steps, end, jnp.maximum(between, end))


def prune(
    recipe: Recipe,
    names: tuple[str, ...],
    size: int,
    replica: Replica,
    images: Images,
    choice: Choice,
) -> Mask:
    """The mask of a round, which is reached in `choice.steps` steps with new scores in each.

    Args:
      names: the criteria in use, of which `choice` names one.
      size: the number of examples in the scoring batch.
      replica: as trained in the round before, with its anchor.
    """
    before = replica.mask
    begin = jnp.stack([jnp.sum(leaf) for leaf in jax.tree.leaves(before)])
    most = jnp.finfo(jnp.float32).max  # so that a score of inf stays below an excluded layer's
    excluded = jax.tree.unflatten(jax.tree.structure(before), list(choice.excluded))

    def one_step(k: Int[Array, ""], mask: Mask) -> Mask:
        scores = jax.tree.map(
            lambda e, s: s if e is None else jnp.where(e, jnp.inf, jnp.minimum(s, most)),
            excluded,
            score(recipe, names, size, replica._replace(mask=mask), images, choice),
            is_leaf=lambda leaf: leaf is None,
        )
        keep = _on_the_way(jnp.sum(begin), choice.keep, k, choice.steps)
        keeps = _on_the_way(begin, choice.keeps, k, choice.steps)
        return jax.lax.cond(
            choice.layerwise,
            lambda: masks.keep_top_per_layer(scores, mask, keeps),
            lambda: masks.keep_top(scores, mask, keep),
        )

    return jax.lax.fori_loop(1, choice.steps + 1, one_step, before)
