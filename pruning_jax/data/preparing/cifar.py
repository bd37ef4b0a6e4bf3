"""The binary file format of CIFAR (Krizhevsky 2009).

It is a gzipped tar archive of files of records. A record is one or two labels of a byte each, and
the 3072 bytes of an image, channel by channel.
"""

import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pruning_jax.data.preparing.origin import Example, Feature
from pruning_jax.errors import WrongUse, require, said

PIXELS = (3, 32, 32)
"""Channels, rows, columns."""


def members(path: Path, names: list[str]) -> Iterator[bytes]:
    """The content of files in a gzipped tar archive.

    Raises:
      WrongUse: the archive is damaged, or lacks one of them.
    """
    try:
        with tarfile.open(path, "r:gz") as archive:
            for name in names:
                file = archive.extractfile(name)
                require(file is not None, f"{path.name}: {name} is not a file")
                yield file.read() if file else b""
    except (OSError, EOFError, KeyError, tarfile.TarError, zlib.error) as error:
        raise WrongUse(f"{path.name} is damaged, or not CIFAR's: {said(error)}") from error


def class_names(path: Path, files: dict[str, str]) -> dict[str, list[str]]:
    """The names of the classes of each label.

    Args:
      files: for each label the file, in the archive at `path`, that has a name in each line.
    """
    contents = members(path, list(files.values()))
    return {
        label: [name for name in content.decode().split("\n") if name]
        for label, content in zip(files, contents, strict=True)
    }


def examples(path: Path, names: list[str], labels: list[str], split: str) -> Iterator[Example]:
    """The examples in files of an archive. Keys are positions, as in TFDS.

    Args:
      names: of the files, in the archive at `path`.
      labels: the meaning of each byte before an image.

    Raises:
      WrongUse: the archive is damaged, or another one.
    """
    size = len(labels) + 3 * 32 * 32
    index = 0
    for name, content in zip(names, members(path, names), strict=True):
        require(
            len(content) % size == 0,
            f"{path.name}: {name} has {len(content)} bytes, not records of {size}",
        )
        for record in np.frombuffer(content, np.uint8).reshape(-1, size):
            image = record[len(labels) :].reshape(PIXELS).transpose(1, 2, 0)
            features: dict[str, Feature] = {"id": f"{split}_{index:05d}", "image": image}
            features |= {name: int(value) for name, value in zip(labels, record, strict=False)}
            yield index, features
            index += 1
