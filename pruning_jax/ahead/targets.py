"""Devices that are not here, for compiling only."""

import importlib.util
import os
import re
from typing import NamedTuple

import jax
from jax.experimental import topologies

from pruning_jax.ahead.kinds import KINDS, Kind, Multiprocessors
from pruning_jax.errors import WrongUse, install, nearest, require, said
from pruning_jax.training.devices import Target

MOST = 8
"""The most devices of one host."""


class Machine(NamedTuple):
    """Devices of one kind, all in one host."""

    name: str  # as it was asked for: "v5e-4"
    kind: Kind
    number: int


def machine(name: str) -> Machine:
    """The devices that are meant by a name such as "h100", "h100-8" or "v5e-4".

    Raises:
      WrongUse: there are none of that name.

    >>> machine("v5e-4").number
    4
    """
    given, _, number = name.partition("-")
    if given not in KINDS:
        raise WrongUse(
            f"--on {name!r} is not one of {', '.join(KINDS)}, or one of these with a number of "
            f"devices, as in v5e-4{nearest(given, KINDS)}"
        )
    kind = KINDS[given]
    counts = list(kind.shapes or range(1, MOST + 1))
    of = f"--on {name!r}: the number of devices of {given} is one of {', '.join(map(str, counts))}"
    require("-" not in name or re.fullmatch(r"[1-9]\d{0,3}", number) is not None, of)
    count = int(number or 1)
    require(count in counts, of)
    return Machine(name, kind, count)


def stay_here() -> None:
    """Keeps JAX on the CPU, unless the user has said where it shall run.

    It must be called before JAX is used: where the compiler for an accelerator is installed, JAX
    would look for the accelerator itself.
    """
    if not os.environ.get("JAX_PLATFORMS"):
        jax.config.update("jax_platforms", "cpu")
    for name, value in _OF_LIBTPU.items():
        os.environ.setdefault(name, value)


_OF_LIBTPU = {
    "TPU_SKIP_MDS_QUERY": "1",  # else it asks a server of Google Cloud where it is, for minutes
    "ALLOW_MULTIPLE_LIBTPU_LOAD": "1",  # it uses no device, so that others may
    # Without these two it complains that it cannot find out where it is.
    "TPU_ACCELERATOR_TYPE": "v5litepod-1",
    "TPU_WORKER_HOSTNAMES": "localhost",
    "TPU_WORKER_ID": "0",
}


def target(wanted: Machine) -> Target:
    """The devices as JAX compiles for them.

    Raises:
      WrongUse: the compiler for them is not installed, or does not know them.
    """
    modules, extra = _COMPILERS[wanted.kind.platform]
    require(
        any(map(_installed, modules)),
        f"--on {wanted.name!r} needs XLA's compiler for it: {install(extra)}",
    )
    try:
        found = _topology(wanted)
    except Exception as error:
        raise WrongUse(f"--on {wanted.name!r} cannot be compiled for: {said(error)}") from error
    memory = int(wanted.kind.memory * wanted.kind.usable)
    return Target(tuple(found.devices), memory, _OF_GPU if wanted.kind.gpu else ())


# Autotuning times kernels on the device, and CUB's sort is found by asking it: it is not here.
_OF_GPU = (("xla_gpu_autotune_level", 0), ("xla_gpu_enable_cub_radix_sort", False))


_COMPILERS = {
    "cuda": (("jax_plugins.xla_cuda13", "jax_plugins.xla_cuda12"), "aot-gpu"),
    "tpu": (("libtpu",), "aot-tpu"),
}
"""For each platform the modules of which one compiles for it, and the extra that installs it."""


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _topology(wanted: Machine) -> topologies.TopologyDescription:
    kind, count = wanted.kind, wanted.number
    if kind.gpu:
        return topologies.get_topology_desc(
            platform="cuda",
            topology_name="",
            target_config=described(kind, kind.gpu),
            topology=f"1x1x{count}",
        )
    shape = (kind.shapes or {})[count]
    # libtpu calls v5p by the number alone; without bounds it expects more than one chip in a host.
    name = {"TPU v5p": "v5"}.get(kind.title, kind.title.removeprefix("TPU "))
    bounds = {"chips_per_host_bounds": (1, 1, 1)} if count == 1 else {}
    return topologies.get_topology_desc(platform="tpu", topology_name=f"{name}:{shape}", **bounds)


def described(kind: Kind, gpu: Multiprocessors) -> str:
    """A GPU as XLA's `GpuTargetConfigProto`, in the text format of protocol buffers."""
    major, minor = gpu.capability
    feature = "ACCELERATED_FEATURES" if major >= 9 else "NONE"
    return f"""
gpu_device_info {{
  threads_per_block_limit: 1024
  threads_per_warp: 32
  threads_per_core_limit: 2048
  registers_per_core_limit: 65536
  registers_per_block_limit: 65536
  block_dim_limit_x: 2147483647
  block_dim_limit_y: 65535
  block_dim_limit_z: 65535
  thread_dim_limit_x: 1024
  thread_dim_limit_y: 1024
  thread_dim_limit_z: 64
  shared_memory_per_block: 49152
  shared_memory_per_block_optin: {gpu.shared - 1024}
  shared_memory_per_core: {gpu.shared}
  core_count: {gpu.cores}
  fpus_per_core: {gpu.units}
  clock_rate_ghz: {gpu.clock}
  l2_cache_size: {gpu.cache}
  memory_bandwidth: {int(kind.bandwidth)}
  device_memory_size: {kind.memory}
  cuda_compute_capability {{ major: {major} minor: {minor} feature_extension: {feature} }}
  device_vendor: "NVIDIA Corporation"
  device_address_bits: 64
  name: "{kind.title}"
  driver_version: "13.0.0"
  runtime_version: "13.0.0"
  compile_time_toolkit_version: "13.0.0"
  dnn_version: "9.12.0"
}}
platform_name: "CUDA"
dnn_version_info {{ major: 9 minor: 12 patch: 0 }}
runtime_version {{ major: 13 minor: 0 patch: 0 }}
device_description_str: "{kind.title}"
"""
