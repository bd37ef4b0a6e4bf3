"""The binary file format of CIFAR (Krizhevsky 2009): tar files of records, each one or two
labels and 3072 bytes of an image, channel by channel."""

import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pruning_jax.checks import WrongUse, require
from pruning_jax.origins import Example

PIXELS = (3, 32, 32)


def members(path: Path, names: list[str]) -> Iterator[bytes]:
    """The content of files in a gzipped tar file.

    Raises:
      WrongUse: it is damaged, or lacks one of them.
    """
    try:
        with tarfile.open(path, "r:gz") as archive:
            for name in names:
                file = archive.extractfile(name)
                require(file is not None, f"{path.name}: {name} is no file")
                yield file.read() if file else b""
    except (OSError, EOFError, KeyError, tarfile.TarError, zlib.error) as error:
        raise WrongUse(f"{path.name} is damaged, or not CIFAR's: {error}") from error


def class_names(path: Path, files: dict[str, str]) -> dict[str, list[str]]:
    """The names of the classes of each label, one in a line of its file."""
    contents = members(path, list(files.values()))
    return {
        label: [name for name in content.decode().split("\n") if name]
        for label, content in zip(files, contents, strict=True)
    }


def examples(path: Path, names: list[str], labels: list[str], split: str) -> Iterator[Example]:
    """The examples in files of an archive; `labels`: what the bytes before an image mean.

    Keys are positions, as in TFDS.
    """
    size = len(labels) + 3 * 32 * 32
    index = 0
    for name, content in zip(names, members(path, names), strict=True):
        require(
            len(content) % size == 0,
            f"{path.name}: {name} has {len(content)} bytes, not records of {size}",
        )
        for record in np.frombuffer(content, np.uint8).reshape(-1, size):
            features = {label: int(value) for label, value in zip(labels, record, strict=False)}
            image = record[len(labels) :].reshape(PIXELS).transpose(1, 2, 0)
            yield index, {"id": f"{split}_{index:05d}", "image": image, **features}
            index += 1
