"""Arrays computed in other processes, by Grain (Google, github.com/google/grain)."""

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
from typing import Any, Protocol, runtime_checkable

import numpy as np
from absl import flags

from pruning_jax.checks import WrongUse

AHEAD = 1
"""Items that a process computes ahead of need."""


@runtime_checkable
class Work(Protocol):
    """Items that can be computed in any order, sent to the processes by pickle."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> np.ndarray: ...


def in_order(work: Work, workers: int) -> Generator[np.ndarray, None, None]:
    """The items of `work` in their order, computed by `workers` processes (0: by this one).

    An item that is no longer held is gone from the memory that the processes share. What an item
    raises is raised here. The processes end when the iterator is closed or dropped, or this
    process ends, however it does.

    Raises:
      WrongUse: Grain is missing, or a process ended before its time.
    """
    if workers == 0 or len(work) == 0:
        return (work[index] for index in range(len(work)))
    items = _from_processes(_grain(), _Ended(work, min(workers, len(work))))
    OPEN.add(items)
    return items


OPEN: weakref.WeakSet = weakref.WeakSet()
"""Iterators whose processes may still run."""


@atexit.register
def _close() -> None:
    """Ends what is open, while all that Grain needs for it is still there."""
    for items in [*OPEN]:
        items.close()


@dataclass(frozen=True)
class _Ended:
    """Work, and after it an empty item for each process: Grain holds the last one for as long as
    Python lets it, and an empty one is in no shared memory."""

    work: Any
    workers: int

    def __len__(self) -> int:
        return len(self.work) + self.workers

    def __getitem__(self, index: Any) -> np.ndarray:
        return self.work[index] if index < len(self.work) else np.empty(0)


def _from_processes(grain: Any, work: _Ended) -> Generator[np.ndarray, None, None]:
    here = grain.MapDataset.source(work).to_iter_dataset(grain.ReadOptions(0, 0))
    options = grain.MultiprocessingOptions(work.workers, AHEAD)
    there = iter(here.mp_prefetch(options, worker_init_fn=_begin))
    items = islice(there, len(work.work))
    try:
        with _apart():
            first = next(items)
        yield first
        del first
        yield from items
    except RuntimeError as error:
        raise _ended(error) from error
    finally:
        there.close()


def _grain() -> Any:
    try:
        import grain  # here: it takes a second, and only streamed data need it
    except ImportError as error:
        raise WrongUse(
            "images are read in other processes by Grain, which is missing: "
            "pip install 'pruning_jax[imagenet]'"
        ) from error
    if not flags.FLAGS.is_parsed():  # Grain looks at its own; a notebook has parsed none
        flags.FLAGS.mark_as_parsed()
    return grain


@contextmanager
def _apart() -> Iterator[None]:
    """Processes that are started meanwhile get no SIGINT or SIGTERM, as long as they live: these
    are for this process, which ends the others. Nor do they import its main module: they need
    nothing of it, it takes time, and it may start JAX on an accelerator."""
    resource_tracker.ensure_running()  # it would take the signals back
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
    warnings.filterwarnings("ignore", module="PIL")  # of damaged EXIF data: nobody looks at them
    if "jax" in sys.modules:  # Grain imports it; no accelerator is to be taken
        sys.modules["jax"].config.update("jax_platforms", "cpu")


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _ended(error: RuntimeError) -> Exception:
    """What a failure of Grain's own means."""
    message = " ".join(str(error).split())
    if "terminated unexpectedly" not in message:
        return error
    return WrongUse(
        f"a process that reads images has ended ({message.split('. ')[0]}); is there too little "
        "memory, or room in /dev/shm? Take fewer workers"
    )
