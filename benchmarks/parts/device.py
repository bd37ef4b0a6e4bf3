"""What JAX finds on this machine."""

import importlib.metadata
import platform
from collections.abc import Iterator

import jax

from benchmarks.parts import timing
from benchmarks.parts.setting import Fields, Rows, Setting
from pruning_jax import machine


def rows(setting: Setting) -> Rows:
    return {"found": _found}


def _found() -> Iterator[Fields]:
    yield {"jax": jax.__version__, "jaxlib": importlib.metadata.version("jaxlib")}
    yield {"python": platform.python_version(), "cores": machine.cores()}
    names = ("name", "driver_version", "clocks.max.sm", "clocks.max.mem", "power.limit")
    told = timing.nvidia_smi(*names)
    if told:
        yield dict(zip((name.replace(".", "_") for name in names), told, strict=True))
    devices = jax.devices()
    limit = (devices[0].memory_stats() or {}).get("bytes_limit")
    yield {
        "backend": jax.default_backend(),
        "device_kind": devices[0].device_kind,
        "devices": len(devices),
        **({"memory_gb": limit / 1e9} if limit else {}),
    }
