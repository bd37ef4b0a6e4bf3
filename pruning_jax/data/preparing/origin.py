"""Where the original files of a data set are, and what is in them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np

Feature: TypeAlias = int | str | bytes | np.ndarray
"""A feature of an example. An image is an array uint8 [height, width, channels], or the content
of its file."""

Example: TypeAlias = tuple[int | str, dict[str, Feature]]
"""The key of an example in TFDS, and its features. TFDS sorts examples by a hash of their keys, so
that the same keys give the same order on disk."""


class Download(NamedTuple):
    """What is known of a file before it is downloaded."""

    size: int  # bytes
    sha256: str  # 64 hexadecimal digits


class Origin(NamedTuple):
    """Where the original files of a data set are, and how they are read."""

    url: str  # the address of the folder that has the files
    files: dict[str, Download]  # by name
    examples: Callable[[Path, str], Iterator[Example]]  # takes the folder of the files, and a split
    names: Callable[[Path], dict[str, list[str]]] | None = None  # of the classes, for each label
    splits: tuple[str, ...] = ("train", "test")
    by_hand: str = ""  # the page where a person has to ask for the files, if one has to
