"""The programs that are compiled, each a function of one replica.

Static arguments come first, then what the replica has of its own, then what all share (the
examples, without labels and which of them are used), then numbers that may change from call to
call.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from pruning_jax import criteria, masks, state, train
from pruning_jax.config import Recipe
from pruning_jax.rewind import REWINDS
from pruning_jax.state import TrainState
from pruning_jax.streams import Stream, stream
from pruning_jax.train import Examples, Outcome
from pruning_jax.types import Mask, PRNGKey, Scores


class Choice(NamedTuple):
    """How to prune, as numbers: a compiled program serves every choice."""

    criterion: Any  # int32 []: position among the criteria in use
    layerwise: Any  # bool []
    keep: Any  # int32 []: weights to keep in all
    keeps: Any  # int32 [layers]: weights to keep in each, for the scope "layerwise"
    excluded: Any  # bool [layers]: layers that stay whole
    round: Any  # int32 []
    steps: Any  # int32 []: in how many steps, with new scores in each


def create(recipe: Recipe, key: PRNGKey) -> tuple[TrainState, Mask]:
    new = state.create(recipe, key)
    return new, masks.dense(new.params)


def fit(recipe: Recipe, own: tuple, shared: Examples, start: Any, stop: Any) -> TrainState:
    train_state, mask, labels, used, key = own
    examples = shared._replace(labels=labels, used=used)
    return train.fit(recipe, train_state, mask, examples, key, start=start, stop=stop)


def step(recipe: Recipe, own: tuple, shared: Examples) -> TrainState:
    train_state, mask, batch, key = own
    return train.step(recipe, train_state, mask, shared, batch, key)


def outcome(recipe: Recipe, own: tuple, shared: Examples) -> Outcome:
    train_state, mask, images, labels = own
    return train.outcome(recipe, train_state, mask, shared, images, labels)


def evaluate(recipe: Recipe, own: tuple, shared: Examples) -> Outcome:
    train_state, mask, labels, key = own
    found = train.evaluate(recipe, train_state, mask, shared._replace(labels=labels))
    return found._replace(distance=distance(recipe, (train_state, mask, key)))


def distance(recipe: Recipe, own: tuple) -> Float[Array, ""]:
    """Of the surviving weights from their initialisation, l2 norm."""
    train_state, mask, key = own
    initial = state.create(recipe, key).params
    change = jax.tree.map(jnp.subtract, train_state.params, initial)
    kept = jax.tree.map(
        lambda m, c: jnp.where(m, c, 0), masks.prunable(mask, mask), masks.prunable(mask, change)
    )
    return optax.tree.norm(kept)


def score(
    recipe: Recipe, names: tuple[str, ...], size: int, own: tuple, shared: Examples, choice: Choice
) -> Scores:
    """The scores of one replica's weights by the chosen one of the criteria `names`."""
    trained, anchor, mask, labels, used, key = own
    examples = shared._replace(labels=labels, used=used)
    evidence = criteria.Evidence(
        weights=masks.apply(mask, trained.params),
        anchor=anchor.params,
        mask=mask,
        gradient=lambda p, s=trained.statistics: train.gradient(recipe, p, mask, s, examples, size),
        logits=lambda p, x, s: train.logits(recipe, p, mask, s, x)[0],
        statistics=trained.statistics,
        anchor_statistics=anchor.statistics,
        images=train.normalise(examples.images[used[:size]], examples),
        key=stream(key, Stream.CRITERION, choice.round),
    )

    def branch(name: str) -> Callable[[], Scores]:
        def scores() -> Scores:
            result = criteria.find(name)(evidence)
            criteria.check(name, result, trained.params)
            return jax.tree.map(lambda s: s.astype(jnp.float32), result)

        return scores

    return jax.lax.switch(choice.criterion, [branch(name) for name in names])


def _on_the_way(begin: Any, end: Any, k: Any, steps: Any) -> Any:
    """How many of `begin` weights are kept after `k` of the steps that lead to `end`: in each
    step the same fraction."""
    ratio = end / jnp.maximum(begin, 1)
    between = jnp.round(begin * ratio ** (k / steps)).astype(jnp.int32)
    return jnp.where(k >= steps, end, jnp.maximum(between, end))


def prune(
    recipe: Recipe, names: tuple[str, ...], size: int, own: tuple, shared: Examples, choice: Choice
) -> Mask:
    """The mask of a round, reached in `choice.steps` steps with new scores in each."""
    trained, anchor, before, labels, used, key = own
    begin = jnp.stack([jnp.sum(leaf) for leaf in jax.tree.leaves(before)])
    most = jnp.finfo(jnp.float32).max  # a score of inf stays below an excluded layer's
    whole = jax.tree.unflatten(jax.tree.structure(before), list(choice.excluded))

    def step(k: Any, mask: Mask) -> Mask:
        own = (trained, anchor, mask, labels, used, key)
        scores = jax.tree.map(
            lambda e, s: s if e is None else jnp.where(e, jnp.inf, jnp.minimum(s, most)),
            whole,
            score(recipe, names, size, own, shared, choice),
            is_leaf=lambda leaf: leaf is None,
        )
        keep = _on_the_way(jnp.sum(begin), choice.keep, k, choice.steps)
        keeps = _on_the_way(begin, choice.keeps, k, choice.steps)
        return jax.lax.cond(
            choice.layerwise,
            lambda: masks.keep_top_per_layer(scores, mask, keeps),
            lambda: masks.keep_top(scores, mask, keep),
        )

    return jax.lax.fori_loop(1, choice.steps + 1, step, before)


def restart(
    recipe: Recipe, own: tuple, which: Any, shuffle: Any, round_: Any
) -> tuple[TrainState, Mask]:
    anchor, trained, mask, key = own
    mask = jax.lax.cond(
        shuffle, lambda: masks.shuffle(mask, stream(key, Stream.SHUFFLE, round_)), lambda: mask
    )
    branches = [
        lambda rewind=rewind: rewind(recipe, anchor, trained, mask, key)
        for rewind in REWINDS.values()
    ]
    return jax.lax.switch(which, branches), mask
