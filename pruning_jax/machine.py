"""The machine: its processor and cores, and the user's cache of data sets and compiled programs."""

import os
import platform
from contextlib import suppress
from pathlib import Path


def directory() -> Path:
    """The cache of this package. Programs are code: nobody else may read or write it."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "pruning_jax"
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return root


def keep_programs() -> None:
    """Keeps compiled programs for later processes; call before the first array exists."""
    import jax  # here: the cache of data sets does without it

    if not jax.config.jax_compilation_cache_dir:  # pyright: ignore[reportAttributeAccessIssue]
        with suppress(OSError):  # a home that cannot be written: then without
            jax.config.update("jax_compilation_cache_dir", str(directory() / "xla"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)


CPU_INFO = Path("/proc/cpuinfo")
"""Where Linux tells of processors."""

KIND = {"model name": "", "cpu family": "family ", "model": "model ", "stepping": "stepping "}
"""What it says of the kind of one, and how we say it."""


def processor(info: Path = CPU_INFO) -> str:
    """The kind of processor, for which XLA compiles: another kind may round otherwise.

    On Linux it is as in "Intel(R) Xeon(R) Processor, family 6, model 207, stepping 2", because many
    kinds share a name; elsewhere it is what Python knows.
    """
    known = platform.processor() or platform.machine()
    if not info.is_file():
        return known
    first = info.read_text().partition("\n\n")[0]
    said = (line.partition(":") for line in first.splitlines())
    fields = {name.strip(): value.strip() for name, _, value in said}
    parts = [f"{words}{fields[name]}" for name, words in KIND.items() if fields.get(name)]
    return ", ".join(parts) or known


def cores() -> int:
    """The CPU cores that this process may use."""
    may_use = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    return len(may_use) or os.cpu_count() or 1
