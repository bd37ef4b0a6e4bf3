"""The devices: how many there are, and the mesh of replicas and batches that they form.

Replicas are divided over the axis "replica" and know nothing of each other. Where there are more
devices than replicas, those along the axis "batch" can share one replica's batches: that is for
large networks (`Engine.batch_devices`).

Programs are compiled for a `Target`: the devices that are here, unless other ones are named.
"""

import os
from contextlib import suppress
from typing import Any, NamedTuple

import jax
import numpy as np
import psutil
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Shaped

from pruning_jax.errors import require
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.machine import cores

REPLICA, BATCH = "replica", "batch"


class Target(NamedTuple):
    """The devices that programs are compiled for. They need not be here."""

    devices: tuple[Any, ...]  # as in `jax.devices()`
    memory: int | None = None  # bytes of each device; None: the devices here are asked
    options: tuple[tuple[str, str | bool | int], ...] = ()  # what XLA is told besides

    @property
    def on_cpu(self) -> bool:
        """Whether the devices are cores of a CPU, which have one memory in common."""
        return self.devices[0].platform == "cpu"

    @property
    def on_gpu(self) -> bool:
        """Whether the devices are GPUs."""
        return self.devices[0].platform in ("gpu", "cuda", "rocm")


def here() -> Target:
    """The devices of this process, and of those that it trains with."""
    return Target(tuple(jax.devices()))


def use_all_cores() -> None:
    """Makes every CPU core that this process may use a device of JAX.

    It must be called before JAX is used. It does nothing where the user has already fixed the
    number of devices (XLA_FLAGS), or where JAX has already been started.
    """
    if "xla_force_host_platform_device_count" not in os.environ.get("XLA_FLAGS", ""):
        with suppress(RuntimeError):  # JAX has been started
            jax.config.update("jax_num_cpu_devices", cores())


def check(recipe: Recipe, target: Target | None = None) -> None:
    """Raises WrongUse where there are fewer devices than shall share a batch."""
    share, found = recipe.engine.batch_devices, len((target or here()).devices)
    where = "that are planned for" if target else "found here"
    require(share <= found, f"engine.batch_devices {share} is above the {found} devices {where}")


def mesh(recipe: Recipe, count: int, target: Target | None = None) -> Mesh:
    """The devices [replica, batch] over which `count` replicas of a recipe are divided."""
    devices, share = np.array((target or here()).devices), recipe.engine.batch_devices
    rows = max(1, min(count, len(devices) // share))
    return Mesh(devices[: rows * share].reshape(rows, share), (REPLICA, BATCH))


def padded(recipe: Recipe, count: int, target: Target | None = None) -> int:
    """The least number of replicas, at least `count`, that the mesh divides evenly."""
    rows = mesh(recipe, count, target).shape[REPLICA]
    return -(-count // rows) * rows


def over_batch(batch: Shaped[Array, "b ..."]) -> Shaped[Array, "b ..."]:
    """An array whose first axis is divided over the devices that share a batch.

    Where no devices share a batch it is returned as it is.
    """
    if BATCH not in jax.sharding.get_abstract_mesh().auto_axes:
        return batch
    return jax.lax.with_sharding_constraint(batch, PartitionSpec(BATCH))


def on_cpu() -> bool:
    """Whether the devices here are cores of a CPU."""
    return here().on_cpu


def compiler_options(platform: str) -> dict[str, bool] | None:
    """What XLA is told about a platform: on CPUs, where each core is a device, to use one thread in
    each."""
    return {"xla_cpu_multi_thread_eigen": False} if platform == "cpu" else None


def free_bytes(target: Target | None = None) -> int:
    """The memory that replicas may use: of one device, or of the machine for CPUs."""
    if target and target.memory is not None:
        return target.memory
    statistics = jax.local_devices()[0].memory_stats() or {}
    if "bytes_limit" in statistics:
        return statistics["bytes_limit"] - statistics.get("bytes_in_use", 0)
    return psutil.virtual_memory().available
