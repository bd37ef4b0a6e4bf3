"""The replica axis: compilation, vectorisation and devices, and the only place that has them.

Replicas are stacked along the first axis of every array and divided over the devices.
On one device they are trained by `vmap` on accelerators. On CPUs each core is a device
and takes its replicas in turn, on one thread: a replica's weights then stay in that
core's cache, its result depends on no other replica bit for bit, and no thread waits
for another (docs/performance.md has the measurement).
"""

import functools
import os
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import psutil
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import PyTree

AXIS = "replica"


def use_all_cores() -> None:
    """Makes every CPU core that this process may use a device; call before anything else.

    Does nothing where the number of devices is already fixed by the user.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if "xla_force_host_platform_device_count" not in os.environ.get("XLA_FLAGS", ""):
        jax.config.update("jax_num_cpu_devices", cores or 1)


def mesh(count: int) -> Mesh:
    """The devices over which `count` replicas are divided."""
    devices = jax.devices()[: max(1, count)]
    return Mesh(np.array(devices), (AXIS,))


def padded(count: int) -> int:
    """The least number of replicas, at least `count`, that the devices divide evenly."""
    devices = mesh(count).size
    return -(-count // devices) * devices


def way() -> str:
    """How the replicas of one device are computed: "turns" on CPUs, else "vmap"."""
    return "turns" if jax.default_backend() == "cpu" else "vmap"


def compiler_options() -> dict[str, Any] | None:
    """What XLA is told: on CPUs, where each core is a device, to use one thread in each."""
    on_cpu = jax.default_backend() == "cpu"
    return {"xla_cpu_multi_thread_eigen": False} if on_cpu else None


@functools.cache
def _program(function: Callable, static: tuple, how: str, devices: Mesh) -> Callable:
    """One compiled program for one function of one recipe; everything else is an argument."""

    def all_replicas(stacked: tuple, shared: tuple) -> Any:
        def one(args: tuple) -> Any:
            return function(*static, *args, *shared)

        return jax.lax.map(one, stacked) if how == "turns" else jax.vmap(one)(stacked)

    divided = jax.shard_map(
        all_replicas,
        mesh=devices,
        in_specs=(PartitionSpec(AXIS), PartitionSpec()),
        out_specs=PartitionSpec(AXIS),
        check_vma=False,
    )
    return jax.jit(divided, compiler_options=compiler_options())


def over_replicas(function: Callable, *static: Any, stacked: tuple, shared: tuple = ()) -> Any:
    """`function(*static, *stacked[i], *shared)` for every replica i, stacked.

    Args:
      function: a module-level function of one replica.
      static: hashable arguments; each combination is compiled once.
      stacked: arguments whose leaves have the replica axis first, of a length that the
        devices divide (`padded`).
      shared: arguments that all replicas have in common.
    """
    count = jax.tree.leaves(stacked)[0].shape[0]
    return _program(function, static, way(), mesh(count))(stacked, shared)


def stack(tree: PyTree, count: int) -> PyTree:
    """Arrays [count, ...] laid out over the devices along the replica axis."""
    return jax.device_put(tree, NamedSharding(mesh(count), PartitionSpec(AXIS)))


def share(tree: PyTree, count: int) -> PyTree:
    """Arrays that all of `count` replicas have in common: one copy per device."""
    return jax.device_put(tree, NamedSharding(mesh(count), PartitionSpec()))


def free_bytes() -> int:
    """The memory that replicas may use: of one device, or of the machine for CPUs."""
    statistics = jax.devices()[0].memory_stats() or {}
    if "bytes_limit" in statistics:
        return statistics["bytes_limit"] - statistics.get("bytes_in_use", 0)
    return psutil.virtual_memory().available
