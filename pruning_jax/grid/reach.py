"""Which densities a network can have: what remains must be more than what is never pruned."""

import dataclasses
import itertools
from collections.abc import Iterable

import jax
import numpy as np

from pruning_jax import masks
from pruning_jax.errors import WrongUse, require
from pruning_jax.experiment import checks
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.pruning import weights_to_keep
from pruning_jax.training import state
from pruning_jax.wording import percent


def least(algorithm: Algorithm, recipe: Recipe) -> tuple[int, int]:
    """The fewest weights that an algorithm can leave, and how many weights can be pruned or are in
    the layers that it excludes."""
    own = dataclasses.replace(recipe, width=recipe.width * algorithm.width)
    mask = jax.eval_shape(masks.dense, state.shapes(own).params)
    sizes = np.array(list(masks.sizes(mask).values()))
    excluded = int(sizes[weights_to_keep.excluded(mask, algorithm.exclude)].sum())
    require(
        int(sizes.sum()) <= checks.LARGEST,
        f"width {own.width:g}: {recipe.model} has {sizes.sum()} prunable weights, more than can be "
        f"counted, {checks.LARGEST}",
    )
    return max(1, excluded), int(sizes.sum())


def within_reach(algorithm: Algorithm, recipe: Recipe, *, listed: bool) -> Algorithm:
    """The algorithm without the rounds that the network cannot have.

    Densities are fractions of all weights, but excluded layers stay whole. So the rounds end where
    fewer weights would remain than those layers have; and, where the algorithm goes on until
    networks collapse, where a round would prune nothing more.

    Args:
      listed: whether the densities are listed one by one, which is a mistake if one of them cannot
        be had.

    Raises:
      WrongUse: a listed density or the first one cannot be had.
    """
    fewest, total = least(algorithm, recipe)
    kept = [round(total * density) for density in algorithm.densities]
    count = len([*itertools.takewhile(lambda keep: keep >= fewest, kept)])
    if count < len(kept) and (listed or count < 2):
        density, keep = algorithm.densities[count], kept[count]
        raise WrongUse(
            f"algorithms.{algorithm.name}: density {density:g} keeps {keep} of {total} "
            f"weights, at least {fewest} must remain"
        )
    if algorithm.collapsed:
        pruned = [a > b for a, b in itertools.pairwise(kept[:count])]
        count = min(count, 1 + len([*itertools.takewhile(bool, pruned)]))
    return dataclasses.replace(algorithm, densities=algorithm.densities[:count])


def notes(algorithms: Iterable[Algorithm], recipe: Recipe) -> list[str]:
    """Which algorithms cannot prune further than their last rounds, a line for each last round."""
    ends: dict[str, list[str]] = {}
    for algorithm in algorithms:
        if algorithm.control_of or not algorithm.exclude or algorithm.densities[-1] == 1:
            continue
        before, last = algorithm.densities[-2:]
        fewest, total = least(algorithm, recipe)
        if round(total * last * last / before) < fewest:  # what the next round would leave
            text = (
                f"in round {algorithm.rounds} at density {percent(last)}, because the layers that "
                f"are not pruned have {fewest:,} of {total:,} weights"
            )
            ends.setdefault(text, []).append(algorithm.name)
    return [f"note: the range of {', '.join(names)} ends {text}" for text, names in ends.items()]
