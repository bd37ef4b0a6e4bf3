"""Whether a criterion tells the weights of a network apart.

Where it does not, the place of a weight decides whether it is pruned, and a run would end with
numbers that mean nothing.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from pruning_jax import masks
from pruning_jax.errors import OwnCode
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.pruning import prune
from pruning_jax.pruning.prune import Choice
from pruning_jax.training.examples import Images
from pruning_jax.training.replica import Replica


class Span(NamedTuple):
    """The scores of those weights of a network that may be pruned."""

    weights: Int[Array, "*replicas"]  # how many there are
    finite: Int[Array, "*replicas"]  # how many of them have a score that is a finite number
    lowest: Float[Array, "*replicas"]  # of the finite scores; inf if there are none
    highest: Float[Array, "*replicas"]  # -inf if there are none
    diverged: Bool[Array, "*replicas"]  # whether parameters of the network are no numbers


def span(
    recipe: Recipe,
    names: tuple[str, ...],
    size: int,
    replica: Replica,
    images: Images,
    choice: Choice,
) -> Span:
    """The span of a replica's scores; the arguments are those of `prune.score`."""
    scores = prune.score(recipe, names, size, replica, images, choice)
    leaves = masks.prunable(replica.mask, scores)
    alive = [
        mask.ravel() & ~excluded
        for mask, excluded in zip(jax.tree.leaves(replica.mask), choice.excluded, strict=True)
    ]
    every, free = jnp.concatenate([leaf.ravel() for leaf in leaves]), jnp.concatenate(alive)
    known = free & jnp.isfinite(every)
    params = jax.tree.leaves(replica.state.params)
    return Span(
        weights=jnp.sum(free),
        finite=jnp.sum(known),
        lowest=jnp.min(jnp.where(known, every, jnp.inf)),
        highest=jnp.max(jnp.where(known, every, -jnp.inf)),
        diverged=~jnp.stack([jnp.isfinite(leaf).all() for leaf in params]).all(),
    )


def check(name: str, found: Span) -> None:
    """Checks that a criterion tells the weights of each stacked network apart.

    A network that diverged says nothing about the criterion, and is left out.

    Args:
      name: the criterion.
      found: what `span` gives, as NumPy arrays with one value for each replica.

    Raises:
      OwnCode: for a network, no two weights have different scores that are finite numbers.
    """
    same = ~found.diverged & (found.weights > 1) & ~(found.lowest < found.highest)
    for i in np.flatnonzero(same):
        weights, finite = int(found.weights[i]), int(found.finite[i])
        what = f"{finite:,} have the same score, {float(found.lowest[i]):g}" if finite else ""
        none = f"{weights - finite:,} have NaN or infinity as their score"
        both = " and ".join(filter(None, (what, none if finite < weights else "")))
        raise OwnCode(
            f"criterion {name!r} decides nothing: of the {weights:,} weights of a dense network "
            f"that may be pruned, {both}. Their places would decide which of them are pruned; "
            "`from pruning_jax.testing import check_criterion; "
            f"check_criterion({name!r})` looks for the reason"
        )
