"""The user's cache: decoded data sets and compiled programs."""

import os
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


def cores() -> int:
    """The CPU cores that this process may use."""
    may_use = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    return len(may_use) or os.cpu_count() or 1
