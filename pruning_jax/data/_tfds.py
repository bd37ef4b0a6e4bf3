"""Reading a prepared TFDS data set into arrays, without TensorFlow and only once."""

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from pruning_jax import cache, checks
from pruning_jax.data import Source


def directory(data_dir: str) -> Path:
    """Where TFDS data sets lie: `data_dir`, else TFDS_DATA_DIR, else TFDS's own default."""
    return Path(data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()


def load(name: str, data_dir: str) -> Source:
    """The arrays of an image classification set, decoded once and kept by content.

    Raises:
      WrongUse: the set is not prepared there.
    """
    place = directory(data_dir)
    versions = sorted((place / name).glob("*/dataset_info.json"))
    checks.require(
        bool(versions),
        f"dataset {name!r} is not prepared in {place}; prepare it with: "
        f"python -m pruning_jax.prepare --dataset={name} --data_dir={place}",
    )
    cached = _cache() / f"{name}-{_digest(versions[-1].parent)}.npz"
    if not cached.exists():
        _decode(name, place, cached)
    with np.load(cached, allow_pickle=False) as arrays:
        return Source(**arrays)


def _cache() -> Path:
    try:
        return cache.directory()
    except OSError as error:
        raise checks.WrongUse(
            f"the cache of decoded data sets cannot be made ({error}); set XDG_CACHE_HOME to a "
            "directory that you may write to"
        ) from error


def _digest(folder: Path) -> str:
    """A digest of the content of a prepared data set."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def _decode(name: str, place: Path, cached: Path) -> None:
    import tensorflow_datasets as tfds  # here: it takes a second that digits need not pay

    arrays = {}
    for side in ("train", "test"):
        try:
            records: Any = tfds.data_source(name, split=side, data_dir=place)
            images, labels = zip(*((r["image"], r["label"]) for r in records), strict=True)
        except Exception as error:
            message = str(error).strip().splitlines()[0]
            raise checks.WrongUse(
                f"dataset {name!r} in {place} cannot be read ({side}: {message}); prepare it anew"
            ) from error
        arrays[f"{side}_images"] = np.stack(images)
        arrays[f"{side}_labels"] = np.array(labels, np.int32)
    partial = cached.with_suffix(f".{os.getpid()}.tmp")
    with partial.open("wb") as file:
        np.savez(file, **arrays)
    partial.replace(cached)
