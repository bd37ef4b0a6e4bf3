"""The file format of MNIST: gzipped IDX (LeCun, Cortes, Burges 1998)."""

import gzip
import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pruning_jax.checks import WrongUse, require
from pruning_jax.origins import Example

UNSIGNED_BYTE = 0x08
PREFIXES = {"train": "train", "test": "t10k"}


def read(path: Path) -> np.ndarray:
    """The array uint8 of a gzipped IDX file, in the shape that its header says.

    Raises:
      WrongUse: it is damaged, or no such file.
    """
    try:
        with gzip.open(path) as file:
            content = file.read()
        zero, kind, dimensions = struct.unpack_from(">HBB", content)
        shape = struct.unpack_from(f">{dimensions}I", content, 4)
    except (OSError, EOFError, zlib.error, struct.error) as error:
        raise WrongUse(f"{path.name} is no gzipped IDX file, or damaged: {error}") from error
    start = 4 + 4 * dimensions
    require(
        zero == 0 and kind == UNSIGNED_BYTE and len(content) == start + math.prod(shape),
        f"{path.name} is damaged: type {kind}, shape {shape}, but {len(content) - start} bytes",
    )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def examples(folder: Path, split: str) -> Iterator[Example]:
    """The examples of a split. Keys are positions, as in TFDS."""
    prefix = PREFIXES[split]
    images = read(folder / f"{prefix}-images-idx3-ubyte.gz")
    labels = read(folder / f"{prefix}-labels-idx1-ubyte.gz")
    require(
        images.ndim == 3 and labels.shape == images.shape[:1],
        f"{prefix}: images {images.shape} and labels {labels.shape} do not belong together",
    )
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        yield index, {"image": image[..., None], "label": int(label)}
