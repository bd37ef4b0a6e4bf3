"""Files that are written whole or not at all, and archives of arrays."""

import io
import math
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TypeAlias

import numpy as np

Arrays: TypeAlias = dict[str, np.ndarray]
"""The arrays of an .npz file by their names."""

LEVEL = 1
"""Of compression. For masks and pruned weights it takes a third to a tenth of the time of level 6,
which NumPy takes, and makes files that are a tenth to a third larger."""


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


def settle() -> None:
    """Waits until everything that was written is on the disk, not only in the machine's memory.

    Until then a file is safe from the end of a process, but not from that of the machine. Asking
    this once for many files takes far less time than asking it for each.
    """
    os.sync()


def write_arrays(
    path: Path, arrays: Mapping[str, np.ndarray], *, compressed: bool = False
) -> bytes:
    """Writes arrays as an .npz file, whole or not at all; see `replace`.

    Returns:
      What the file holds.
    """
    made = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(made, "w", kind, compresslevel=LEVEL) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
    replace(path, lambda file: file.write(made.getbuffer()))
    return made.getvalue()


def read_arrays(path: Path, most_bytes: float = math.inf) -> Arrays:
    """The arrays of an .npz file.

    Args:
      path: the file.
      most_bytes: the memory that they may take together. A file of a few megabytes can unpack to
        many gigabytes, and what it says of itself may be wrong; so it is asked before anything is
        unpacked, and each array is held against it.

    Raises:
      Exception: what NumPy, zipfile or the disk raise for a file that is missing or damaged, or
        ValueError for one that is too large. Nothing in the file is ever executed.
    """
    with path.open("rb") as file:
        if most_bytes < math.inf:
            _check_size(file, most_bytes)
        with np.load(file, allow_pickle=False) as content:
            return dict(content)


def _check_size(file: IO[bytes], most_bytes: float) -> None:
    """Raises ValueError if arrays, or the members of their archive, are too large."""
    total = 0
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            with archive.open(member) as inside:
                version = np.lib.format.read_magic(inside)
                read = np.lib.format.read_array_header_1_0 if version == (1, 0) else None
                shape, _, dtype = (read or np.lib.format.read_array_header_2_0)(inside)
            total += max(member.file_size, math.prod(shape) * dtype.itemsize)
            if total > most_bytes:
                raise ValueError(f"it unpacks to more than the {most_bytes:,.0f} bytes that it may")
    file.seek(0)
