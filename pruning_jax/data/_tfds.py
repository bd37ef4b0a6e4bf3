"""Reading a prepared TFDS data set into arrays, without TensorFlow and only once."""

import hashlib
import json
import os
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np

from pruning_jax import checks, data
from pruning_jax.data import Source, _kept

BATCH = 1000
"""Records that are read at once: one by one takes twice as long."""


class Damaged(ValueError):  # noqa: N818
    """What is wrong with a prepared data set, and in which of its files."""


def directory(data_dir: str) -> Path:
    """Where TFDS data sets lie: `data_dir`, else TFDS_DATA_DIR, else TFDS's own default."""
    return Path(data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()


def load(name: str, data_dir: str) -> Source:
    """The arrays of an image classification set, decoded once and kept by content.

    Raises:
      WrongUse: the set is not prepared there, or damaged, or may not be read; or there is no
        room for its arrays in the cache.
    """
    place = directory(data_dir)
    command = f"python -m pruning_jax.prepare --dataset={name} --data_dir={shlex.quote(str(place))}"
    where = place / name
    try:
        folder = _newest(where)
        checks.require(
            folder is not None,
            f"dataset {name!r} is not prepared in {place}; prepare it with: {command}",
        )
        where = folder or where
        digest = _digest(where)
        kept = _kept.place() / f"{name}-{digest}.npz"
        arrays = _kept.read(kept)
        if arrays is None:
            source = decode(name, where)
            if wrong := data.fault(data.spec(name), source):
                raise Damaged(wrong)
            arrays = {name: array for name, array in source._asdict().items() if array is not None}
            _kept.write(kept, arrays)
        return Source(**arrays)
    except Damaged as error:
        raise checks.WrongUse(
            f"dataset {name!r} in {where} is damaged: {error}; remove this folder and prepare "
            f"it anew with: {command}"
        ) from error
    except OSError as error:
        raise checks.WrongUse(
            f"dataset {name!r} in {where} cannot be read: {error.filename}: {error.strerror}; make "
            "it readable, or name another folder with --config.data_dir"
        ) from error


def _newest(folder: Path) -> Path | None:
    """The folder of a data set's newest version.

    Raises:
      OSError: it may not be read.
    """
    try:
        found = [p for p in folder.iterdir() if re.fullmatch(r"\d+\.\d+\.\d+", p.name)]
    except (FileNotFoundError, NotADirectoryError):
        return None
    return max(found, key=lambda p: [int(part) for part in p.name.split(".")], default=None)


def _digest(folder: Path) -> str:
    """A digest of the content of a prepared data set."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        digest.update(path.name.encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def decode(name: str, folder: Path) -> Source:
    """The arrays of a prepared data set, however many examples it has.

    Raises:
      Damaged: its files do not belong together.
      WrongUse: only TensorFlow could read it.
    """
    builder, shape = _builder(name, folder), data.spec(name).image_shape
    shards = {side: _shards(builder, side) for side in ("train", "test")}  # all, before the first
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


def _builder(name: str, folder: Path) -> Any:
    """TFDS's description of a prepared data set, from its files."""
    import tensorflow_datasets as tfds  # here: it takes a second that digits need not pay

    for file in ("dataset_info.json", "features.json"):
        try:
            content = json.loads((folder / file).read_text())
        except FileNotFoundError:
            raise Damaged(f"{file} is missing") from None
        except ValueError as error:
            raise Damaged(f"{file} is no JSON: {error}") from error
        if not isinstance(content, dict) or not content:
            raise Damaged(f"{file} says nothing")
        written = content.get("fileFormat", "array_record")
        checks.require(
            written == "array_record",
            f"dataset {name!r} in {folder} is prepared as {written}, which needs TensorFlow; "
            "prepare it in another folder, and name that with --config.data_dir: "
            f"python -m pruning_jax.prepare --dataset={name} --data_dir=...",
        )
    try:
        builder: Any = tfds.builder_from_directory(folder)
    except Exception as error:  # TFDS raises what it likes
        raise Damaged(f"dataset_info.json or features.json: {_reason(error)}") from error
    for feature in ("image", "label"):
        if feature not in builder.info.features:
            raise Damaged(f"features.json has no {feature!r}")
    return builder


def _shards(builder: Any, side: str) -> list[Path]:
    """The files of a split, which have as many records as they should."""
    from array_record.python.array_record_data_source import ArrayRecordDataSource

    if side not in builder.info.splits:
        raise Damaged(f"dataset_info.json has no split {side!r}")
    split = builder.info.splits[side]
    paths = [Path(path) for path in split.filepaths]
    for path, expected in zip(paths, split.shard_lengths, strict=True):
        try:
            with path.open("rb"):
                count = len(ArrayRecordDataSource(str(path)))
        except FileNotFoundError:
            raise Damaged(f"{path.name} is missing") from None
        except IsADirectoryError:
            raise Damaged(f"{path.name} is no file") from None
        except RuntimeError as error:
            raise Damaged(f"{path.name}: {_reason(error)}") from error
        if count != expected:  # array_record finds none where the end of a file is damaged
            raise Damaged(f"{path.name} has {count} records that can be read, not {expected}")
    return paths


def _records(
    builder: Any, part: str, path: Path, shape: tuple[int, int, int]
) -> list[tuple[np.ndarray, int]]:
    """The images, all of one shape, and labels of a part of a split that lies in the file `path`.

    array_record checks a hash of each record: a damaged one raises.
    """
    try:
        source = builder.as_data_source(split=part)
        batches = [range(at, min(at + BATCH, len(source))) for at in range(0, len(source), BATCH)]
        found = [(r["image"], r["label"]) for b in batches for r in source.__getitems__(b)]
    except Exception as error:  # TFDS raises what it likes
        raise Damaged(f"{path.name}: {_reason(error)}") from error
    for number, (image, _) in enumerate(found):
        if image.shape != shape:
            raise Damaged(f"{path.name}: image {number} is {image.shape}, not {shape}")
    return found


def _reason(error: Exception) -> str:
    """One line about an error of TFDS or array_record, which may say a lot."""
    return re.split(r"[\n;(]", f"{error}".strip() or type(error).__name__)[0].strip()[:200]
