"""Locks between processes that work in one directory.

One byte of one file stands for each cell. Such locks belong to the process: however it
ends, they are free again. They hold over NFS, too.
"""

import fcntl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pruning_jax.checks import WrongUse


@contextmanager
def hold(workdir: Path, numbers: Iterable[int]) -> Iterator[None]:
    """Holds the cells with these numbers.

    Raises:
      WrongUse: another process holds one of them.
    """
    with (workdir / "checkpoints" / "cells.lock").open("a+b") as file:
        for number in numbers:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
            except (BlockingIOError, PermissionError) as error:
                raise WrongUse(
                    f"another process is running this group in {workdir}; wait for it, or give "
                    "each process its own --group"
                ) from error
        yield


@contextmanager
def exclusive(workdir: Path) -> Iterator[None]:
    """Waits for, and holds, what belongs to all processes of a workdir."""
    with (workdir / "checkpoints" / "shared.lock").open("a+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        yield
