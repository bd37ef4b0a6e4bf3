"""Reading a prepared data set into arrays, without TensorFlow and only once."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from pruning_jax.data import sources
from pruning_jax.data.reading import array_cache, tfds_folder
from pruning_jax.data.reading.tfds_folder import Damaged
from pruning_jax.data.sources import Source, Spec
from pruning_jax.errors import said

BATCH = 1000
"""How many records are read at once: to read them one by one takes twice as long."""


def load(name: str, known: Spec, data_dir: str) -> Source:
    """The arrays of an image classification set, which are decoded once and kept by content.

    Args:
      name: TFDS's name of the data set.
      data_dir: where prepared data sets are; "": see `tfds_folder.directory`.

    Raises:
      WrongUse: the set is not prepared there, is damaged, or may not be read; or there is no room
        for its arrays in the cache.
    """
    with tfds_folder.opened(name, data_dir) as folder:
        kept = array_cache.directory() / f"{name}-{_digest(folder)}.npz"
        arrays = array_cache.read(kept)
        if arrays is None:
            source = decode(folder, known.image_shape)
            # This is checked before the arrays are kept, so that nothing wrong is ever kept.
            if wrong := sources.fault(known, source):
                raise Damaged(wrong)
            arrays = {key: array for key, array in source._asdict().items() if array is not None}
            array_cache.write(kept, arrays)
    return Source(**arrays)


def _digest(folder: Path) -> str:
    """A digest of the content of a prepared data set."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        digest.update(path.name.encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def decode(folder: Path, shape: tuple[int, int, int]) -> Source:
    """The arrays of a prepared data set, however many examples it has.

    Args:
      folder: the folder of a version of the data set.
      shape: height, width and channels that every image must have.

    Raises:
      Damaged: its files do not belong together.
      WrongUse: only TensorFlow could read it.
    """
    builder = tfds_folder.builder(folder)
    # All shards are looked at before the first is read, because reading takes long.
    shards = {side: _shards(builder, side) for side in ("train", "test")}
    images, labels = {}, {}
    for side, files in shards.items():
        records = [
            record
            for number, path in enumerate(files)
            for record in _records(builder, f"{side}[{number}shard]", path, shape)
        ]
        images[side] = np.stack([image for image, _ in records])
        labels[side] = np.array([label for _, label in records], np.int32)
    return Source(images["train"], labels["train"], images["test"], labels["test"])


def _shards(builder: Any, side: str) -> list[Path]:
    """The files of a split, which have as many records as they should have."""
    from array_record.python.array_record_data_source import ArrayRecordDataSource

    split = tfds_folder.split(builder, side)
    paths = [Path(path) for path in split.filepaths]
    for path, expected in zip(paths, split.shard_lengths, strict=True):
        try:
            with path.open("rb"):
                count = len(ArrayRecordDataSource(str(path)))
        except FileNotFoundError:
            raise Damaged(f"{path.name} is missing") from None
        except IsADirectoryError:
            raise Damaged(f"{path.name} is a folder, not a file") from None
        except RuntimeError as error:
            raise Damaged(f"{path.name}: {said(error)}") from error
        # Counted because array_record finds no records where the end of a file is damaged.
        if count != expected:
            raise Damaged(f"{path.name} has {count} records that can be read, not {expected}")
    return paths


def _records(
    builder: Any, part: str, path: Path, shape: tuple[int, int, int]
) -> list[tuple[UInt8[np.ndarray, "h w c"], int]]:
    """The images, all of one shape, and the labels of a part of a split, which is in the file
    `path`.

    array_record checks a hash of each record, so that a damaged one raises an error.
    """
    try:
        source = builder.as_data_source(split=part)
        batches = [range(at, min(at + BATCH, len(source))) for at in range(0, len(source), BATCH)]
        found = [(r["image"], r["label"]) for b in batches for r in source.__getitems__(b)]
    except Exception as error:  # TFDS raises errors of any kind
        raise Damaged(f"{path.name}: {said(error)}") from error
    for number, (image, _) in enumerate(found):
        if image.shape != shape:
            raise Damaged(f"{path.name}: image {number} is {image.shape}, not {shape}")
    return found
