"""The training programs of a grid: which there are, and what each is given."""

import dataclasses
from collections.abc import Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import PyTree

from pruning_jax import masks
from pruning_jax.ahead import counts, hlo
from pruning_jax.ahead.counts import Counts
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.grid import operations
from pruning_jax.grid.groups import Group
from pruning_jax.training import devices, fit, replicas, state
from pruning_jax.training.devices import BATCH, REPLICA, Target
from pruning_jax.training.examples import Images
from pruning_jax.training.replica import Replica
from pruning_jax.training.state import TrainState


class Program(NamedTuple):
    """What trains so many replicas of a recipe at once."""

    recipe: Recipe
    replicas: int
    examples: int  # that lie on each device; 0 where images are read as they are needed


def programs(groups: Iterable[Group], examples: int) -> dict[Program, list[Group]]:
    """The programs that groups need, each with its groups.

    Recipes that differ in nothing but how long they train, and on how many examples, share one:
    their steps are the same.
    """
    found: dict[tuple, tuple[Program, list[Group]]] = {}
    for group in groups:
        recipe = group.recipe
        padded = recipe.train_size % recipe.batch_size != 0
        alike = dataclasses.replace(
            recipe, milestones=(), epochs=1, warmup_epochs=0.0, train_size=0
        )
        key = alike, bool(recipe.warmup_epochs), padded, len(group.bases)
        program = Program(recipe, len(group.bases), examples)
        found.setdefault(key, (program, []))[1].append(group)
    return dict(found.values())


def compiled(program: Program, target: Target) -> jax.stages.Compiled:
    """A program, compiled for devices that need not be here.

    Raises:
      jax.errors.JaxRuntimeError: XLA cannot compile it.
    """
    recipe = program.recipe
    stacked = _stacked(_one(program), devices.padded(recipe, program.replicas, target))
    if program.examples:
        number = jax.ShapeDtypeStruct((), jnp.int32)
        pixels = jax.ShapeDtypeStruct((program.examples, *recipe.image_shape), jnp.uint8)
        shared = _images(recipe, pixels), number, number
        return replicas.compiled(fit.fit, recipe, stacked=(stacked,), shared=shared, target=target)
    _, batch, _ = operations.shapes(recipe)
    mesh = devices.mesh(recipe, 1, target)
    divided = NamedSharding(mesh, PartitionSpec(REPLICA, BATCH))
    given = jax.tree.map(
        lambda a: jax.ShapeDtypeStruct((1, *a.shape), a.dtype, sharding=divided), batch
    )
    return replicas.compiled(
        fit.step,
        recipe,
        stacked=(stacked, given, stacked.key),
        shared=(_images(recipe, None),),
        target=target,
    )


def counted(program: Program, text: str) -> Counts:
    """What a device does in one step: of one replica where they take turns, else of all of its own.

    Args:
      text: what XLA writes of the compiled program.
    """
    module = hlo.parse(text)
    if not program.examples:
        return counts.count(module, module.entry)
    # `fit` has a loop over epochs and one over steps; in turns one over replicas is around them.
    depth = 3 if program.recipe.engine.replicas == "turns" else 2
    body = counts.body(module, depth)
    if body is None:
        raise LookupError(f"the compiled program has no loop at depth {depth}")
    return counts.count(module, body)


def _one(program: Program) -> Replica:
    """The shapes of one replica with the labels of all examples."""
    recipe = program.recipe

    def made(now: TrainState) -> Replica:
        labels = jnp.zeros(program.examples or 1, jnp.int32)
        used = jnp.zeros(recipe.train_size if program.examples else 1, jnp.int32)
        return Replica(jax.random.key(0), labels, used, now, masks.dense(now.params), now)

    return jax.eval_shape(made, state.shapes(recipe))


def _stacked(tree: PyTree, count: int) -> Any:
    return jax.tree.map(lambda a: jax.ShapeDtypeStruct((count, *a.shape), a.dtype), tree)


def _images(recipe: Recipe, pixels: jax.ShapeDtypeStruct | None) -> Images:
    channels = jax.ShapeDtypeStruct(recipe.image_shape[-1:], jnp.float32)
    return Images(*(pixels, channels, channels))  # pyright: ignore[reportArgumentType]
