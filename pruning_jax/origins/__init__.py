"""Where data sets come from: one file per data set, which has `ORIGIN`."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pruning_jax import checks

Example = tuple[Any, dict[str, Any]]
"""TFDS's own key of an example (its hash decides the order on disk) and the features; an
image is an array uint8 [height, width, channels], or the bytes of a file."""


class Download(NamedTuple):
    """What is known of a file before it is downloaded."""

    size: int  # bytes
    sha256: str


class Origin(NamedTuple):
    """Where a data set's original files are, and how they are read."""

    url: str  # the folder with the files
    files: dict[str, Download]
    examples: Callable[[Path, str], Iterator[Example]]  # of (folder of the files, split)
    names: Callable[[Path], dict[str, list[str]]] | None = None  # of classes, by label
    splits: tuple[str, ...] = ("train", "test")
    by_hand: str = ""  # the page where a person has to ask for the files, if one has to


NAMES = tuple(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
"""The data sets that can be prepared: every file of this folder."""


def find(name: str) -> Origin:
    """The origin of a data set; its name is TFDS's."""
    checks.one_of("dataset", name, NAMES)
    return importlib.import_module(f"{__name__}.{name}").ORIGIN
