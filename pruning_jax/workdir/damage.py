"""Files that may be damaged, or made to do harm: one error says so, in one line."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pruning_jax.errors import printable, said

T = TypeVar("T")

MOST_TEXT, DEEPEST = 16_000_000, 60
"""The bytes and the depth of a JSON file of a run, at most; no run comes near them."""


class Damaged(Exception):  # noqa: N818  what it says, not what it is
    """A file cannot be read, or is not what it should be; the message is a line that names it."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


def read(path: Path, reader: Callable[[Path], T]) -> T:
    """What `reader` makes of a file.

    Raises:
      Damaged: the file is missing, is no regular file, or the reader raises anything.
    """
    _check_regular(path)
    try:
        return reader(path)
    except Damaged:
        raise
    except Exception as error:  # a damaged file may lead to any error
        raise Damaged(f"{path} cannot be read: {said(error)}") from error


def _check_regular(path: Path) -> None:
    """Raises Damaged for anything but a file: reading a pipe would wait for ever."""
    try:
        kind = os.stat(path).st_mode
    except (OSError, ValueError) as error:
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        raise Damaged(
            f"{path} is missing" if missing else f"{path} cannot be read: {said(error)}"
        ) from error
    expect(stat.S_ISREG(kind), path, "is not a file")


def expect(condition: object, path: Path, message: str) -> None:
    """Raises Damaged unless a condition on a file holds."""
    if not condition:
        raise Damaged(f"{path} {message}")


def json_object(path: Path, most_bytes: int = MOST_TEXT) -> dict[str, Any]:
    """The JSON object that a file holds.

    Raises:
      Damaged: it cannot be read, is no object, is longer than `most_bytes`, or is nested deeper
        than anything that a run writes.
    """

    def reader(path: Path) -> dict[str, Any]:
        size = path.stat().st_size
        expect(size <= most_bytes, path, f"has {size:,} bytes, and may have {most_bytes:,}")
        content = json.loads(path.read_text(encoding="utf-8"))
        expect(isinstance(content, dict), path, "is not a JSON object")
        expect(_depth(content) <= DEEPEST, path, f"is nested deeper than {DEEPEST}")
        json.dumps(content, ensure_ascii=False).encode()  # half a character raises an error
        return content

    return read(path, reader)


def _depth(content: object) -> int:
    """How deep lists and objects are nested, level by level: it never recurs."""
    level, depth = [content], 0
    while level and depth <= DEEPEST:
        lists = [part for part in level if isinstance(part, list)]
        lists += [[*part.values()] for part in level if isinstance(part, dict)]
        level, depth = [part for own in lists for part in own], depth + 1
    return depth
