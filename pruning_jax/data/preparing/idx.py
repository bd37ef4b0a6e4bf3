"""The file format of MNIST: gzipped IDX (LeCun, Cortes, Burges 1998)."""

import gzip
import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from pruning_jax.data.preparing.origin import Example
from pruning_jax.errors import WrongUse, require, said

UNSIGNED_BYTE = 0x08
"""The type code of uint8."""

PREFIXES = {"train": "train", "test": "t10k"}
"""How the names of a split's files begin."""


def read(path: Path) -> UInt8[np.ndarray, "..."]:
    """The array uint8 in a gzipped IDX file, in the shape that its header says.

    Raises:
      WrongUse: it is damaged, or not such a file.
    """
    try:
        with gzip.open(path) as file:
            content = file.read()
        zero, kind, dimensions = struct.unpack_from(">HBB", content)
        shape = struct.unpack_from(f">{dimensions}I", content, 4)
    except (OSError, EOFError, zlib.error, struct.error) as error:
        raise WrongUse(
            f"{path.name} is not a gzipped IDX file, or damaged: {said(error)}"
        ) from error
    start = 4 + 4 * dimensions
    require(
        zero == 0 and kind == UNSIGNED_BYTE and len(content) == start + math.prod(shape),
        f"{path.name} is damaged: its header says type {kind} and shape {shape}, but it has "
        f"{len(content) - start} bytes",
    )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def examples(folder: Path, split: str) -> Iterator[Example]:
    """The examples of a split, "train" or "test". Keys are positions, as in TFDS.

    Raises:
      WrongUse: a file is damaged, or another one.
    """
    prefix = PREFIXES[split]
    images = read(folder / f"{prefix}-images-idx3-ubyte.gz")
    labels = read(folder / f"{prefix}-labels-idx1-ubyte.gz")
    require(
        images.ndim == 3 and labels.shape == images.shape[:1],
        f"{prefix}: images {images.shape} and labels {labels.shape} do not belong together",
    )
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        yield index, {"image": image[..., None], "label": int(label)}
