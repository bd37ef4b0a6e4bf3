"""Locks between the processes that work in one workdir.

One byte of one file stands for each cell, one byte of another for each process. The kernel keeps
such locks for a process and frees them however it ends, so that no lock is left behind; they hold
over NFS, too.
"""

import errno
import fcntl
import os
import struct
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pruning_jax.errors import WrongUse
from pruning_jax.workdir import paths

LACKING = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}
"""The numbers of those OSErrors by which a file system says that it has no byte locks."""

# How the kernel is asked who holds a lock: struct flock, in the order in which the system has it.
_MAC = sys.platform == "darwin"
_FLOCK = struct.Struct("qqihh" if _MAC else "hhqqi0q")


class ByteLocks:
    """The bytes of one file as locks, each of which one process can hold.

    There is one object for each file in a process, and it never closes the file: closing any
    handle of it frees all locks that the process has on it.
    """

    def __init__(self, path: Path, file: int) -> None:
        self.path, self.file = path, file
        self.own: set[int] = set()  # the kernel does not tell a process of its own locks

    def take(self, numbers: Iterable[int]) -> bool:
        """Takes all of these bytes, or none if somebody holds one of them, this process included.

        Raises:
          WrongUse: the file system has no byte locks.
        """
        wanted, taken = set(numbers), []
        if wanted & self.own:
            return False
        for number in sorted(wanted):
            if not self._lock(number):
                self.free(taken)
                return False
            taken.append(number)
            self.own.add(number)
        return True

    def _lock(self, number: int) -> bool:
        try:
            fcntl.lockf(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES):
                return False
            raise _understood(error, self.path) from error
        return True

    def free(self, numbers: Iterable[int]) -> None:
        """Lets go of these bytes."""
        for number in numbers:
            fcntl.lockf(self.file, fcntl.LOCK_UN, 1, number)
            self.own.discard(number)

    def held(self, end: int) -> set[int]:
        """Which of the bytes before `end` are held, by this or another process."""
        found, parts = {number for number in self.own if number < end}, [(0, end)]
        while parts:
            begin, stop = parts.pop()
            held = self._first(begin, stop) if begin < stop else None
            if held:
                low, high = max(begin, held[0]), min(stop, held[1])
                found |= set(range(low, high))
                parts += [(begin, low), (high, stop)]
        return found

    def _first(self, begin: int, stop: int) -> tuple[int, int] | None:
        """One stretch of bytes that another process holds among these."""
        place, length, kind = (begin, stop - begin, fcntl.F_WRLCK)
        asked = (place, length, 0, kind, 0) if _MAC else (kind, 0, place, length, 0)
        try:
            answer = fcntl.fcntl(self.file, fcntl.F_GETLK, _FLOCK.pack(*asked))
        except OSError as error:
            raise _understood(error, self.path) from error
        fields = _FLOCK.unpack(answer)
        start, length, _, kind = fields[:4] if _MAC else (*fields[2:], fields[0])
        if kind == fcntl.F_UNLCK:
            return None
        return start, start + length if length else stop


_OPEN: dict[tuple[int, int, bool], ByteLocks] = {}
"""The locks that this process has opened, by the device and the inode of their file, and whether
it may write there."""

_IN_THIS_PROCESS = threading.RLock()


def byte_locks(path: Path, *, writes: bool = True) -> ByteLocks:
    """The locks that are the bytes of a file, which is made if it is not there.

    Args:
      path: the file.
      writes: whether locks will be taken. Else they are only looked at, which needs no right to
        write, and makes no file.

    Raises:
      WrongUse: it cannot be opened.
      FileNotFoundError: it is not there, and is not made.
    """
    with _IN_THIS_PROCESS:
        if path.exists():
            found = path.stat()
            for writable in (True, writes):
                known = _OPEN.get((found.st_dev, found.st_ino, writable))
                if known:
                    return known
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT if writes else os.O_RDONLY, 0o666)
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise _understood(error, path) from error
        found = os.fstat(file)
        return _OPEN.setdefault((found.st_dev, found.st_ino, writes), ByteLocks(path, file))


def _understood(error: OSError, path: Path) -> WrongUse:
    """What a user can do about a lock that cannot be had."""
    if error.errno in LACKING:
        return WrongUse(
            f"the file system of {path} has no byte locks ({error.strerror}), by which the "
            "processes of a run agree on who does what; take a workdir on one that has them, such "
            "as a local disk, NFS, or Lustre that is mounted with -o flock"
        )
    return WrongUse(
        f"{path} cannot be opened as a file of locks ({error.strerror}); it must be a file that "
        "you may write to; it may be removed while no process works in this workdir"
    )


def cells(workdir: Path) -> ByteLocks:
    """The locks of the cells, by their places in `Experiment.cells`.

    Raises:
      WrongUse: they cannot be had.
    """
    return byte_locks(paths.cells_lock(workdir))


@contextmanager
def exclusive(workdir: Path) -> Iterator[None]:
    """Waits until no other process writes what belongs to all of them, and keeps them waiting.

    Raises:
      WrongUse: the lock cannot be had.
    """
    path = paths.shared_lock(workdir)
    with _IN_THIS_PROCESS:
        try:
            path.parent.mkdir(exist_ok=True)  # a copy of a run may lack it
            file = path.open("a+b")
        except OSError as error:
            raise _understood(error, path) from error
        with file:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX)
            except OSError as error:
                raise _understood(error, path) from error
            yield
