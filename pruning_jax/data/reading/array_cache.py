"""The cache of arrays that took long to read. A file of it is whole or not there."""

import os
import time
from contextlib import suppress
from pathlib import Path

import numpy as np

from pruning_jax import machine
from pruning_jax.errors import WrongUse

ABANDONED = 3600
"""A file that is half written after so many seconds was left by a process that ended."""


def directory() -> Path:
    """The folder of the cache.

    Raises:
      WrongUse: it cannot be made.
    """
    try:
        return machine.directory()
    except OSError as error:
        raise WrongUse(
            f"the cache of decoded data sets cannot be made ({error}); set XDG_CACHE_HOME to a "
            "directory that you may write to"
        ) from error


def read(kept: Path) -> dict[str, np.ndarray] | None:
    """The arrays of a file in the cache; None where there is none, or a damaged one."""
    try:
        with kept.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except Exception:  # NumPy and zipfile raise errors of any kind for a damaged file
        return None


def write(kept: Path, arrays: dict[str, np.ndarray]) -> None:
    """Writes arrays into the cache, whole or not at all.

    Raises:
      WrongUse: there is no room.
    """
    for path in kept.parent.glob("*.npz.*.tmp"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED:
                path.unlink()
    partial = kept.with_name(f"{kept.name}.{os.getpid()}.tmp")
    try:
        with partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        partial.replace(kept)
    except FileNotFoundError:
        return  # another process, whose clock has jumped, took it for abandoned: it is only a cache
    except OSError as error:
        raise WrongUse(
            f"the cache of decoded data sets cannot be written, {kept.parent}: {error.strerror}; "
            "make room there, or set XDG_CACHE_HOME to another directory"
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
