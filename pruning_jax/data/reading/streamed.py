"""Data sets of images that are too large for memory: labels as arrays, images in their files."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, SupportsIndex

import numpy as np
from jaxtyping import Int

from pruning_jax import machine
from pruning_jax.data.reading import array_cache, processes, tfds_folder
from pruning_jax.data.reading.encoded import Encoded, Shard
from pruning_jax.data.reading.tfds_folder import Damaged
from pruning_jax.data.sources import Source

CHUNK = 1000
"""How many labels a process reads at once."""

FEW = 20_000
"""So many labels are read sooner than other processes begin to work."""

Moments = tuple[float, ...]
"""A number for each channel, in units of a pixel (0 to 255)."""


def load(
    name: str,
    data_dir: str,
    *,
    splits: tuple[str, str],
    mean: Moments,
    std: Moments,
    needs: str = "",
) -> Source:
    """An image classification set prepared as array_record, with its images left in their files.

    A label is stored beside its image, so that the whole set has to be read for the labels. That is
    done once, by all cores, and the labels are kept. The kept copy is named by a digest of the
    names, sizes and times of the set's files, because to hash their content would take as long as
    to read them.

    Args:
      name: TFDS's name of the data set.
      splits: the names of the splits to train and to test on.
      mean: of the training images. It is given because computing it would take long.
      std: likewise, the standard deviation.
      needs: further arguments of the command that prepares the set, for messages.

    Raises:
      WrongUse: the set is not prepared there, or is damaged.
    """
    with tfds_folder.opened(name, data_dir, needs) as folder:
        builder = tfds_folder.builder(folder)
        train, test = (_images(builder, split) for split in splits)
        kept = array_cache.directory() / f"{name}-labels-{_stamp(folder, *splits)}.npz"
    labels = array_cache.read(kept)
    if labels is None:
        labels = {"train": _labels(train), "test": _labels(test)}
        array_cache.write(kept, labels)
    moments = np.array(mean, np.float32), np.array(std, np.float32)
    return Source(train, labels["train"], test, labels["test"], *moments)


def _images(builder: Any, split: str) -> Encoded:
    """The images of a split, in the order of its records."""
    files = tfds_folder.split(builder, split).file_instructions
    ends = np.cumsum([file.examples_in_shard for file in files])
    shards = []
    for file, end in zip(files, ends, strict=True):
        path, records = Path(file.filename), int(file.examples_in_shard)
        if not path.is_file():
            raise Damaged(f"{path.name} is missing")
        shards.append(Shard(split, str(path), int(end) - records, records))
    return Encoded(tuple(shards), np.arange(ends[-1], dtype=np.int32))


def _stamp(folder: Path, *splits: str) -> str:
    """A digest of the names, sizes and times of the files in a folder."""
    digest = hashlib.sha256(repr((str(folder.resolve()), splits)).encode())
    for path in sorted(folder.iterdir()):
        status = path.stat()
        digest.update(repr((path.name, status.st_size, status.st_mtime_ns)).encode())
    return digest.hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class _Labels:
    """Work for processes: item i is the labels of the chunk i of the images."""

    images: Encoded
    chunks: int

    def __len__(self) -> int:
        return self.chunks

    def __getitem__(self, index: SupportsIndex) -> Int[np.ndarray, " chunk"]:
        begin = int(index) * CHUNK
        return self.images[begin : begin + CHUNK].labels()


def _labels(images: Encoded) -> Int[np.ndarray, " n"]:
    """The labels int32 [n] of images."""
    print(f"reading the labels of {len(images)} images, which is done once", flush=True)
    work = _Labels(images, -(-len(images) // CHUNK))
    workers = 0 if len(images) <= FEW else machine.cores()
    return np.concatenate([*processes.in_order(work, workers)])
