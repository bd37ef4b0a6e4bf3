"""Locks between the processes that work in one workdir.

One byte of one file stands for each cell. The kernel keeps such locks for a process and frees
them however it ends, so that no lock is left behind; they hold over NFS, too.
"""

import fcntl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pruning_jax.errors import WrongUse
from pruning_jax.workdir import paths


@contextmanager
def hold(workdir: Path, numbers: Iterable[int]) -> Iterator[None]:
    """Holds the cells with these numbers, which are their places in `Experiment.cells`.

    Raises:
      WrongUse: another process holds one of them.
    """
    with paths.cells_lock(workdir).open("a+b") as file:
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
    """Waits until no other process writes what belongs to all of them, and keeps them waiting."""
    with paths.shared_lock(workdir).open("a+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        yield
