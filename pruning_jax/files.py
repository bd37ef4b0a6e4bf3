"""Files that are written whole or not at all, and archives of arrays."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np

Arrays: TypeAlias = dict[str, np.ndarray]
"""The arrays of an .npz file by their names."""


def replace(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Writes a file so that at every moment either its old or its new content is there, whole.

    The new content goes into a file beside it, which then takes its name: within one file system
    that is atomic. The name of that file has the number of the process, because two processes may
    write the same file at once.

    Args:
      path: the file; folders that are missing are made.
      write: writes the content into the open file that it is given.

    Raises:
      OSError: it cannot be written; the error names `path`, not the file beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with partial.open("wb") as file:
            write(file)
        partial.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        partial.unlink(missing_ok=True)


def remove_partial(folder: Path, *, below: bool = True) -> None:
    """Removes the files that a killed process left half written in a folder.

    Args:
      folder: one in which no other process writes files now, or they would be lost.
      below: whether to look into the folders below it, too.
    """
    for path in folder.rglob(".*.tmp") if below else folder.glob(".*.tmp"):
        path.unlink(missing_ok=True)


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], *, compressed: bool = False) -> None:
    """Writes arrays as an .npz file, whole or not at all; see `replace`."""
    content: dict[str, Any] = dict(arrays)  # type checkers take a name for savez's allow_pickle
    save = np.savez_compressed if compressed else np.savez
    replace(path, lambda file: save(file, **content))


def read_arrays(path: Path) -> Arrays:
    """The arrays of an .npz file.

    Raises:
      Exception: what NumPy, zipfile or the disk raise for a file that is missing or damaged.
        Nothing in the file is ever executed.
    """
    with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
        return dict(content)
