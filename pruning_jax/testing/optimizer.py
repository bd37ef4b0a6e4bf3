"""The laws of an optimizer."""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, PyTree

from pruning_jax import masks, plugins
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.testing import tiny
from pruning_jax.testing.comparing import over_replicas, same
from pruning_jax.testing.laws import law, named, program, traced
from pruning_jax.types import Mask, Params

MakeOptimizer: TypeAlias = Callable[[Recipe], optax.GradientTransformation]
Directions: TypeAlias = tuple[list[Params], optax.OptState, Params]

WHAT = "optimizer(recipe).update(gradient, state, params)"

STEPS = 4
RATE = 0.1


def check_optimizer(optimizer: str | MakeOptimizer) -> None:
    """Checks that an optimizer keeps the laws that the program relies on.

    It returns an Optax transformation from gradients to directions, in which the learning rate is
    not: the program takes `params - rate * direction`, with the rate of the schedule. What it keeps
    is made of arrays of numbers, which can be saved. All of it is a function of its arguments, can
    be compiled, and can be computed for replicas in turns and by jax.vmap. A weight that is 0, and
    so is its gradient, as pruned weights are, stays exactly 0; what is kept of it does not change.

    Args:
      optimizer: the function, or its name: "adam", "my_module:optimizer".

    Raises:
      AssertionError: it breaks a law; the message says which, and what to do.
      WrongUse: there is no optimizer of that name.
    """
    make = plugins.OPTIMIZERS.find(named(plugins.OPTIMIZERS, optimizer))
    recipe = tiny.RECIPE
    one, other = (_network(seed) for seed in (0, 1))
    _check_kind(make(recipe))
    _check_state(make(recipe), one[0])
    trained = program(functools.partial(_trained, make(recipe)), WHAT)
    alone = [trained(*network) for network in (one, other)]
    again = program(functools.partial(_trained, make(recipe)), WHAT)(*one)
    law(
        same(alone[0], again),
        f"{WHAT} gives another direction for the same arguments; keep nothing outside of its "
        "state, and draw no random numbers, so that a run can be repeated and resumed.",
    )
    _check_pruned(make(recipe).init(one[0]), one[1], *alone[0])
    _check_rate(make, one, alone[0])
    over_replicas(lambda network: _trained(make(recipe), *network), [one, other], alone, WHAT)


def _network(seed: int) -> tuple[Params, Mask]:
    """The masked parameters of a network, and the mask."""
    replica = tiny.replica(tiny.RECIPE, seed)
    return replica.state.params, replica.mask


def _gradient(params: Params, mask: Mask, step: int) -> Params:
    """A gradient as a masked network has it: 0 where weights are pruned."""
    return masks.apply(mask, jax.tree.map(lambda p: jnp.cos(p + step), params))


def _trained(optimizer: optax.GradientTransformation, params: Params, mask: Mask) -> Directions:
    """The directions of some steps, and the optimizer's state and the parameters after them."""
    kept, directions = optimizer.init(params), []
    for step in range(STEPS):
        direction, kept = optimizer.update(_gradient(params, mask, step), kept, params)
        directions.append(direction)
        params = jax.tree.map(lambda p, d: p - RATE * d, params, direction)
    return directions, kept, params


def _check_kind(found: object) -> None:
    """It is an Optax transformation."""
    law(
        all(callable(getattr(found, name, None)) for name in ("init", "update")),
        f"optimizer(recipe) returns {found!r}; return an optax.GradientTransformation, such as "
        "optax.scale_by_adam() or optax.chain(...).",
    )


def _check_state(optimizer: optax.GradientTransformation, params: Params) -> None:
    """What is kept can be saved, and keeps its shapes; a direction is there for every parameter."""
    kept = traced(optimizer.init, params, what="optimizer(recipe).init(params)")
    for path, leaf in jax.tree_util.tree_leaves_with_path(kept):
        law(
            leaf.dtype == bool or jnp.issubdtype(leaf.dtype, jnp.number),
            f"optimizer(recipe).init(params) keeps {leaf.dtype} in {jax.tree_util.keystr(path)}; a "
            "checkpoint takes arrays of numbers alone, and no random keys.",
        )
    direction, later = traced(optimizer.update, params, kept, params, what=WHAT)
    law(
        _kinds(direction) == _kinds(params),
        f"{WHAT} returns a direction {_kinds(direction)}; the parameters are {_kinds(params)}.",
    )
    law(
        _kinds(later) == _kinds(kept),
        f"{WHAT} returns a state {_kinds(later)}; init made one of {_kinds(kept)}. They must have "
        "the same structure, shapes and types, because a step is taken again and again.",
    )


def _kinds(tree: PyTree) -> PyTree:
    """The shape and the type of each array."""
    return jax.tree.map(lambda a: (jnp.shape(a), jnp.result_type(a).name), tree)


def _check_pruned(
    begin: optax.OptState,
    mask: Mask,
    directions: list[Params],
    kept: optax.OptState,
    params: Params,
) -> None:
    """Pruned weights stay exactly 0, and what is kept of them does not change."""
    for tree in (*directions, params):
        moved = sum(int((leaf != 0).sum()) for leaf in _pruned(mask, tree))
        law(
            not moved,
            f"{WHAT} moves {moved} weights that are pruned: the direction of a weight must be "
            "exactly 0 where it and its gradient always were. Add nothing to directions that is "
            "not 0 there, such as noise.",
        )
    both = zip(_like(begin, params), _like(kept, params), strict=True)
    for before, after in both:
        law(
            same(_pruned(mask, before), _pruned(mask, after)),
            "What optimizer(recipe).update keeps of a pruned weight changes, although the weight "
            "and its gradient are always 0. Moments must begin as they stay there, best with 0.",
        )


def _pruned(mask: Mask, tree: Params) -> list[Array]:
    """What a tree has at the places of pruned weights, layer by layer."""
    pairs = zip(masks.prunable(mask, tree), jax.tree.leaves(mask), strict=True)
    return [leaf[~alive] for leaf, alive in pairs]


def _like(kept: optax.OptState, params: Params) -> list[Params]:
    """The parts of an optimizer's state that have the structure of the parameters."""

    def per_parameter(tree: PyTree) -> bool:
        return jax.tree.structure(tree) == jax.tree.structure(params)

    parts = jax.tree.leaves(kept, is_leaf=per_parameter)
    return [part for part in parts if per_parameter(part)]


def _check_rate(make: MakeOptimizer, network: tuple[Params, Mask], expected: Directions) -> None:
    """The learning rate is not in the direction, which leads uphill, as the gradient does."""
    first, gradient = expected[0][0], _gradient(*network, 0)
    pairs = zip(jax.tree.leaves(first), jax.tree.leaves(gradient), strict=True)
    uphill = sum(float(jnp.vdot(d, g)) for d, g in pairs)
    law(
        uphill > 0,
        f"{WHAT} leads downhill in the first step; the program takes params - rate * direction, so "
        "that it must lead uphill, as the gradient does. Use Optax's optax.scale_by_...; those "
        "that take a learning rate, such as optax.adam, have the opposite sign.",
    )
    faster = make(replace(tiny.RECIPE, learning_rate=10 * tiny.RECIPE.learning_rate))
    law(
        same(expected, program(functools.partial(_trained, faster), WHAT)(*network)),
        f"{WHAT} depends on recipe.learning_rate, by which the program multiplies: the schedule "
        "would act twice. Leave it out: optax.scale_by_adam() in place of optax.adam(rate).",
    )
