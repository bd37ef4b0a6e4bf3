"""Image sets that are too large for memory: labels as arrays, images in their files."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pruning_jax import checks, devices
from pruning_jax.data import Source, _kept, _tfds, _workers
from pruning_jax.data._encoded import Encoded, Shard

CHUNK = 1000
"""Labels read at once by a process."""

FEW = 20_000
"""So many labels are read sooner than other processes begin."""


def load(
    name: str,
    data_dir: str,
    train_split: str,
    test_split: str,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    hint: str = "",
) -> Source:
    """An image classification set prepared as array_record, its images left in their files.

    Labels lie beside the images, so that all of it has to be read for them: once, by all cores;
    then they are kept. The copy is known by the names, sizes and times of the set's files: to
    hash the content would take as long as reading it.

    Args:
      mean: of each channel, in units of a pixel; std: likewise. They are known, not counted.
      hint: what the command that prepares the set needs besides its name and folder.

    Raises:
      WrongUse: the set is not prepared there, or is damaged.
    """
    place = _tfds.directory(data_dir)
    versions = sorted((place / name).glob("*/dataset_info.json"))
    checks.require(
        bool(versions),
        f"dataset {name!r} is not prepared in {place}; prepare it with: "
        f"python -m pruning_jax.prepare --dataset={name} --data_dir={place}{hint}",
    )
    folder = versions[-1].parent
    sides = [_images(folder, split) for split in (train_split, test_split)]
    kept = _kept.place() / f"{name}-labels-{_stamp(folder, train_split, test_split)}.npz"
    labels = _kept.read(kept)
    if labels is None:
        labels = {"train": _labels(sides[0]), "test": _labels(sides[1])}
        _kept.write(kept, labels)
    moments = np.array(mean, np.float32), np.array(std, np.float32)
    return Source(sides[0], labels["train"], sides[1], labels["test"], *moments)


def _images(folder: Path, split: str) -> Encoded:
    """The images of a split, in the order of its records."""
    import tensorflow_datasets as tfds  # here: it takes a second

    try:
        builder: Any = tfds.builder_from_directory(folder)
        files = builder.info.splits[split].file_instructions
        found = str(builder.info.file_format.value)
    except Exception as error:
        message = " ".join(str(error).split())
        raise checks.WrongUse(
            f"{folder} cannot be read ({split}: {message}); remove it and prepare it anew"
        ) from error
    checks.require(
        found == "array_record",
        f"{folder} is prepared as {found}, which needs TensorFlow; prepare it in another place",
    )
    ends = np.cumsum([file.examples_in_shard for file in files])
    shards = []
    for file, end in zip(files, ends, strict=True):
        path, records = str(file.filename), int(file.examples_in_shard)
        checks.require(
            Path(path).is_file(), f"{path} is missing; remove its folder and prepare it anew"
        )
        shards.append(Shard(split, path, int(end) - records, records))
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
    """Work for processes: the labels of some images after the other."""

    images: Encoded
    chunks: int

    def __len__(self) -> int:
        return self.chunks

    def __getitem__(self, index: Any) -> np.ndarray:
        return self.images[slice(index * CHUNK, (index + 1) * CHUNK)].labels()


def _labels(images: Encoded) -> np.ndarray:
    """The labels int32 [n] of images."""
    print(f"reading the labels of {len(images)} images, once", flush=True)
    work = _Labels(images, -(-len(images) // CHUNK))
    workers = 0 if len(images) <= FEW else devices.cores()
    return np.concatenate([*_workers.in_order(work, workers)])
