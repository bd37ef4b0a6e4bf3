"""Arrays that other processes compute, by Grain (Google, github.com/google/grain).

Grain starts the processes and shares their memory. What is added here is that they end with this
process however it ends, that signals are for this process alone, and that errors are one line.
"""

import atexit
import multiprocessing
import os
import signal
import sys
import threading
import warnings
import weakref
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from typing import Any, Protocol, SupportsIndex, runtime_checkable

import numpy as np
from absl import flags

from pruning_jax.errors import WrongUse, install, said

AHEAD = 1
"""How many items a process computes before they are needed."""

OPEN: weakref.WeakSet[Generator[np.ndarray, None, None]] = weakref.WeakSet()
"""The iterators whose processes may still be running."""


@runtime_checkable
class Work(Protocol):
    """Items that can be computed in any order. Pickle sends the work to the processes."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: SupportsIndex, /) -> np.ndarray: ...


def in_order(work: Work, workers: int) -> Generator[np.ndarray, None, None]:
    """The items of `work` in their order, computed by `workers` processes (0: by this one).

    The memory of an item, which the processes share, is freed when nothing refers to it any more.
    What the computation of an item raises is raised here. The processes end when the iterator is
    closed or nothing refers to it any more, and when this process ends, however it ends.

    Raises:
      WrongUse: Grain is missing, or a process ended before its time.
    """
    if workers == 0 or len(work) == 0:
        return (work[index] for index in range(len(work)))
    items = _from_processes(_grain(), _Ended(work, min(workers, len(work))))
    OPEN.add(items)
    return items


@atexit.register
def _close() -> None:
    """Closes what is open, while everything that Grain needs for it is still there."""
    for items in [*OPEN]:
        items.close()


@dataclass(frozen=True)
class _Ended:
    """Work, and after it an empty item for each process.

    Grain refers to the last item of a process until Python collects it. An empty item takes no
    shared memory, so that none is left behind.
    """

    work: Work
    workers: int

    def __len__(self) -> int:
        return len(self.work) + self.workers

    def __getitem__(self, index: SupportsIndex) -> np.ndarray:
        return self.work[index] if int(index) < len(self.work) else np.empty(0)


def _from_processes(grain: Any, work: _Ended) -> Generator[np.ndarray, None, None]:
    """The items of `work` without the empty ones; `grain` is the module."""
    here = grain.MapDataset.source(work).to_iter_dataset(grain.ReadOptions(0, 0))
    options = grain.MultiprocessingOptions(work.workers, AHEAD)
    there = iter(here.mp_prefetch(options, worker_init_fn=_begin))
    items = islice(there, len(work.work))
    try:
        with _apart():
            first = next(items)
        yield first
        del first  # so that its shared memory is freed
        yield from items
    except RuntimeError as error:
        raise _ended(error) from error
    finally:
        there.close()


def _grain() -> Any:
    """The module `grain`.

    Raises:
      WrongUse: it is not installed.
    """
    try:
        import grain  # here because it takes a second, and only streamed data need it
    except ImportError as error:
        raise WrongUse(
            "images are read in other processes by Grain, which is missing; install it with: "
            + install("imagenet")
        ) from error
    if not flags.FLAGS.is_parsed():  # Grain looks at its own flags, and a notebook parses none
        flags.FLAGS.mark_as_parsed()
    return grain


@contextmanager
def _apart() -> Iterator[None]:
    """Processes that are started in the meantime are kept apart from this one.

    They never receive SIGINT or SIGTERM: these are for this process, which ends the others. Nor do
    they import its main module: they need nothing of it, the import takes time, and it may start
    JAX on an accelerator.
    """
    # Python would start its tracker of shared memory later, and unblock the signals when it does.
    resource_tracker.ensure_running()
    main = vars(sys.modules["__main__"])
    named = {name: main[name] for name in ("__spec__", "__file__") if name in main}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        main.update(dict.fromkeys(named))
        yield
    finally:
        main.update(named)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(index: int, count: int) -> None:
    """What a process does first."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    # Pillow warns of damaged EXIF data, which nothing here looks at.
    warnings.filterwarnings("ignore", module="PIL")
    if "jax" in sys.modules:  # Grain imports JAX, which must not take an accelerator here
        sys.modules["jax"].config.update("jax_platforms", "cpu")


def _end_with(parent: BaseProcess) -> None:
    """Ends this process when another one ends, even if that one was killed."""
    parent.join()
    os._exit(1)


def _ended(error: RuntimeError) -> Exception:
    """What an error of Grain's own means to a user."""
    message = said(error)
    if "terminated unexpectedly" not in message:
        return error
    return WrongUse(
        f"a process that reads images has ended ({message.split('. ')[0]}); is there too little "
        "memory, or room in /dev/shm? Take fewer workers"
    )
