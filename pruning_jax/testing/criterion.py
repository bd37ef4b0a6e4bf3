"""The laws of a pruning criterion."""

import functools
from collections.abc import Callable
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, PyTree

from pruning_jax import masks, plugins
from pruning_jax.errors import WrongUse
from pruning_jax.pruning import evidence, prune, weights_to_keep
from pruning_jax.pruning.evidence import Evidence
from pruning_jax.pruning.prune import Choice
from pruning_jax.testing import tiny
from pruning_jax.testing.comparing import over_replicas, same
from pruning_jax.testing.laws import law, named, program, traced
from pruning_jax.training.examples import Images
from pruning_jax.training.replica import Replica
from pruning_jax.types import Mask, Scores

Criterion: TypeAlias = Callable[[Evidence], Scores]

WHAT = "score(evidence)"

SIZE = 20
"""How many examples are in the scoring batch."""

DENSITIES = (0.4, 0.2, 0.05, 0.05)
"""Of the rounds in which the checks prune. In the last one few weights are scored, none pruned."""


def check_criterion(score: str | Criterion) -> None:
    """Checks that a pruning criterion keeps the laws that the program relies on.

    It returns one real number for each parameter, in arrays of the same structure and shapes. They
    are a function of the evidence alone, and of no other replica. They can be compiled, and
    computed for replicas in turns and by jax.vmap. No weight that remains has the score NaN, even
    where few remain; fewer than half have an infinite one, and not all have the same. Pruned by
    them, a network keeps exactly as many weights as it must, and no weight that was pruned before.

    Args:
      score: the function, or its name: "magnitude", "my_module:score".

    Raises:
      AssertionError: it breaks a law; the message says which, and what to do.
      WrongUse: there is no criterion of that name.
    """
    name = named(plugins.CRITERIA, score)
    _check_shapes(name)
    one, other = (tiny.replica(tiny.RECIPE, seed) for seed in (0, 1))
    begin = _choice(one.mask, 1.0, 1)
    pruned = program(functools.partial(_pruned, name), WHAT)
    alone = [pruned(replica, tiny.images(), begin)[0] for replica in (one, other)]
    law(
        same(alone[0], program(functools.partial(_scores, name), WHAT)(one, tiny.images(), begin)),
        f"{WHAT} gives other scores for the same evidence; take every random number from "
        "jax.random with `evidence.key`, so that a run can be repeated and resumed.",
    )
    over_replicas(
        lambda replica: _scores(name, replica, tiny.images(), begin), [one, other], alone, WHAT
    )
    _check_order(alone[0], one.mask)
    for layerwise in (False, True):
        _check_rounds(pruned, one, layerwise)


def _scores(name: str, replica: Replica, images: Images, choice: Choice) -> Scores:
    """The scores of a criterion."""
    return prune.score(tiny.RECIPE, (name,), SIZE, replica, images, choice)


def _pruned(name: str, replica: Replica, images: Images, choice: Choice) -> tuple[Scores, Mask]:
    """The scores of a criterion, and the mask of the weights that remain."""
    mask = prune.prune(tiny.RECIPE, (name,), SIZE, replica, images, choice)
    return _scores(name, replica, images, choice), mask


def _choice(mask: Mask, density: float, round_: int, layerwise: bool = False) -> Choice:
    """To prune to a density with the only criterion."""
    sizes = np.array(list(masks.sizes(mask).values()))
    excluded = np.zeros(len(sizes), bool)
    return Choice(
        criterion=np.int32(0),
        layerwise=np.bool_(layerwise),
        keep=np.int32(weights_to_keep.kept(sizes, density)),
        keeps=weights_to_keep.kept_per_layer(sizes, excluded, density),
        excluded=excluded,
        round=np.int32(round_),
        steps=np.int32(1),
    )


def _check_shapes(name: str) -> None:
    """Scores have the structure and the shapes of the parameters, and are real numbers."""
    replica, function = tiny.replica(tiny.RECIPE, 0), plugins.CRITERIA.find(name)

    def score(replica: Replica, images: Images) -> PyTree:
        return function(prune.evidence(tiny.RECIPE, replica, images, SIZE, np.int32(1)))

    scores = traced(score, replica, tiny.images(), what=WHAT)
    try:
        evidence.check(name, scores, replica.state.params)
    except WrongUse as error:
        raise AssertionError(
            f"{error}. Return a score for each parameter, those that cannot be pruned included: "
            "jax.tree.map(jnp.abs, evidence.weights) does."
        ) from error
    for path, leaf in masks.named(scores).items():
        law(
            not jnp.issubdtype(leaf.dtype, jnp.complexfloating),
            f"The scores of {path} are of {leaf.dtype}; the lowest are pruned, so that they must "
            "be real: take jnp.abs or jnp.real.",
        )


def _of_remaining(scores: Scores, mask: Mask) -> Float[np.ndarray, " n"]:
    """The scores of the weights that remain."""
    leaves = zip(masks.prunable(mask, scores), jax.tree.leaves(mask), strict=True)
    return np.concatenate([np.asarray(score)[np.asarray(alive)] for score, alive in leaves])


def _check_order(scores: Scores, mask: Mask) -> None:
    """Some weights are better than others."""
    remaining = _of_remaining(scores, mask)
    finite = remaining[np.isfinite(remaining)]
    law(
        2 * finite.size > remaining.size or bool(np.isnan(remaining).any()),
        f"{WHAT} gives {remaining.size - finite.size} of {remaining.size} weights an infinite "
        "score: which of them are pruned first would be decided by their place. Do not divide by "
        "what can be 0.",
    )
    law(
        bool((remaining != remaining[0]).any()),
        f"{WHAT} gives all weights the same score, {remaining[0]}: which of them are pruned would "
        "be decided by their place. A random order is the criterion 'random'.",
    )


def _check_numbers(scores: Scores, mask: Mask) -> None:
    """No weight that remains has the score NaN."""
    remaining = _of_remaining(scores, mask)
    missing = int(np.isnan(remaining).sum())
    law(
        not missing,
        f"{WHAT} gives {missing} of {remaining.size} weights that remain the score NaN, with which "
        "they are pruned before all others; do not divide by what can be 0, as a layer's standard "
        "deviation is where one weight remains.",
    )


def _check_rounds(
    pruned: Callable[[Replica, Images, Choice], tuple[Scores, Mask]],
    replica: Replica,
    layerwise: bool,
) -> None:
    """Rounds of pruning keep exact counts, and nothing comes back."""
    for round_, density in enumerate(DENSITIES, start=1):
        choice = _choice(replica.mask, density, round_, layerwise)
        scores, mask = pruned(replica, tiny.images(), choice)
        _check_numbers(scores, replica.mask)
        found, expected = int(masks.remaining(mask)), int(choice.keep)
        law(found == expected, f"{found} weights remain at density {density}, not {expected}.")
        pairs = zip(jax.tree.leaves(mask), jax.tree.leaves(replica.mask), strict=True)
        back = sum(int(jnp.sum(after & ~before)) for after, before in pairs)
        law(not back, f"{back} pruned weights come back at density {density}.")
        replica = replica._replace(mask=mask)
