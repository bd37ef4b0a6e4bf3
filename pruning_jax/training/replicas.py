"""Many replicas: compilation and vectorisation, and the only place that has them.

Replicas are stacked along the first axis of every array and divided over the devices. How those
of one device are computed is a matter of speed alone (docs/performance.md has the measurements);
`Engine.replicas` chooses another way. In turns, a replica's result depends on no other replica,
bit for bit.
"""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, PyTree, Shaped

from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training import devices, processes
from pruning_jax.training.devices import BATCH, REPLICA, Target


def _unrolled(
    one: Callable[[tuple], PyTree], stacked: PyTree[Shaped[Array, "replicas ..."]]
) -> PyTree:
    count = jax.tree.leaves(stacked)[0].shape[0]
    results = [one(jax.tree.map(lambda a, i=i: a[i], stacked)) for i in range(count)]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *results)


WAYS: dict[str, Callable[[Callable[[tuple], PyTree], PyTree], PyTree]] = {
    "turns": jax.lax.map,  # one after the other
    "vmap": lambda one, stacked: jax.vmap(one)(stacked),  # as one larger computation
    "unrolled": _unrolled,  # one after the other, each compiled for itself
}
"""How the replicas of one device are computed, by the names in `recipe.REPLICAS`."""


@functools.cache
def program(
    function: Callable[..., PyTree], static: tuple, how: str, mesh: Mesh
) -> jax.stages.Wrapped:
    """One compiled program for one function of one recipe; everything else is an argument."""

    def all_replicas(stacked: tuple, shared: tuple) -> PyTree:
        return WAYS[how](lambda own: function(*static, *own, *shared), stacked)

    all_replicas.__name__ = function.__name__  # the name of the program in logs and profiles
    divided = jax.shard_map(
        all_replicas,
        mesh=mesh,
        in_specs=(PartitionSpec(REPLICA), PartitionSpec()),
        out_specs=PartitionSpec(REPLICA),
        axis_names={REPLICA} if mesh.shape[BATCH] > 1 else {REPLICA, BATCH},
        check_vma=False,
    )
    options = devices.compiler_options(mesh.devices.flat[0].platform)
    return jax.jit(divided, compiler_options=options)


def over_replicas(
    function: Callable[..., PyTree],
    recipe: Recipe,
    *static: object,
    stacked: tuple,
    shared: tuple = (),
) -> PyTree:
    """`function(recipe, *static, *stacked[i], *shared)` for every replica i, stacked.

    Args:
      function: a module-level function of one replica.
      static: hashable arguments; each combination with a recipe is compiled once.
      stacked: arguments whose leaves have the replica axis first, of a length that the
        devices divide (`devices.padded`).
      shared: arguments that all replicas have in common.

    >>> from pruning_jax.training import evaluation
    >>> outcome = over_replicas(  # doctest: +SKIP
    ...     evaluation.evaluate, recipe, stacked=(replicas,), shared=(images,)
    ... )
    """
    count = jax.tree.leaves(stacked)[0].shape[0]
    mesh = devices.mesh(recipe, count)
    return program(function, (recipe, *static), recipe.engine.replicas, mesh)(stacked, shared)


def compiled(
    function: Callable[..., PyTree],
    recipe: Recipe,
    *static: object,
    stacked: tuple,
    shared: tuple = (),
    target: Target,
) -> jax.stages.Compiled:
    """The program of `over_replicas`, compiled for devices that need not be here; nothing runs.

    Args:
      stacked, shared: as there, with shapes and types (`jax.ShapeDtypeStruct`) for arrays. Those
        that say how they are laid out over the devices are laid out so.
      target: the devices.

    Raises:
      jax.errors.JaxRuntimeError: XLA cannot compile it, for one because memory is too small.
    """
    mesh = devices.mesh(recipe, jax.tree.leaves(stacked)[0].shape[0], target)

    def laid_out(tree: PyTree, spec: PartitionSpec) -> PyTree:
        sharding = NamedSharding(mesh, spec)
        return jax.tree.map(
            lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=a.sharding or sharding), tree
        )

    own = program(function, (recipe, *static), recipe.engine.replicas, mesh)
    arguments = laid_out(stacked, PartitionSpec(REPLICA)), laid_out(shared, PartitionSpec())
    return own.lower(*arguments).compile(dict(target.options) or None)


def stack(recipe: Recipe, tree: PyTree, count: int) -> PyTree:
    """Arrays [count, ...] laid out over the devices along the replica axis."""
    mesh = devices.mesh(recipe, count)
    return processes.put(tree, NamedSharding(mesh, PartitionSpec(REPLICA)))


def share(recipe: Recipe, tree: PyTree, count: int) -> PyTree:
    """Arrays that all of `count` replicas have in common: one copy on each device."""
    return processes.put(tree, NamedSharding(devices.mesh(recipe, count), PartitionSpec()))
