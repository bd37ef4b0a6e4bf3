"""The folder of a prepared data set: where it is, whether it is whole, and what TFDS knows of it.

TFDS writes `<data_dir>/<name>/<version>/` with dataset_info.json, features.json and the files of
examples, each of which is a shard of a split.
"""

import json
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pruning_jax.errors import WrongUse, require, said


class Damaged(ValueError):  # noqa: N818
    """What is wrong with a prepared data set, and in which of its files."""


def directory(data_dir: str) -> Path:
    """Where prepared data sets are: `data_dir`, else TFDS_DATA_DIR, else TFDS's own default."""
    return Path(data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()


@contextmanager
def opened(name: str, data_dir: str, needs: str = "") -> Iterator[Path]:
    """The folder of a data set's newest version, while it is read.

    Args:
      needs: further arguments of the command that prepares it, for messages.

    Raises:
      WrongUse: the data set is not prepared there; or what is read in the meantime is Damaged, or
        may not be read.
    """
    place = directory(data_dir)
    command = f"python -m pruning_jax.prepare --dataset={name} --data_dir={shlex.quote(str(place))}"
    folder = place / name
    try:
        newest = _newest(folder)
        require(
            newest is not None,
            f"dataset {name!r} is not prepared in {place}; prepare it with: {command}{needs}",
        )
        folder = newest or folder
        yield folder
    except Damaged as error:
        raise WrongUse(
            f"dataset {name!r} in {folder} is damaged: {error}; remove this folder and prepare "
            f"it anew with: {command}{needs}"
        ) from error
    except OSError as error:
        raise WrongUse(
            f"dataset {name!r} in {folder} cannot be read: {error.filename}: {error.strerror}; "
            "make it readable, or name another folder with --config.data_dir"
        ) from error


def _newest(folder: Path) -> Path | None:
    """The folder of a data set's newest version; None where there is none.

    Raises:
      OSError: it may not be read.
    """
    try:
        found = [p for p in folder.iterdir() if re.fullmatch(r"\d+\.\d+\.\d+", p.name)]
    except (FileNotFoundError, NotADirectoryError):
        return None
    return max(found, key=lambda p: [int(part) for part in p.name.split(".")], default=None)


def check_format(folder: Path) -> None:
    """Checks that a data set is prepared in the one format that is read without TensorFlow.

    Raises:
      Damaged: its dataset_info.json does not say in which format it is.
      WrongUse: it is prepared in another format.
    """
    info, name = _described(folder, "dataset_info.json"), folder.parent.name
    if "fileFormat" not in info:
        raise Damaged("dataset_info.json has no 'fileFormat'")
    written = info["fileFormat"]
    require(
        written == "array_record",
        f"dataset {name!r} in {folder} is prepared as {written}, which needs TensorFlow; prepare "
        "it in another folder, and name that folder with --config.data_dir: "
        f"python -m pruning_jax.prepare --dataset={name} --data_dir=...",
    )


def _described(folder: Path, file: str) -> dict[str, Any]:
    """What one of the JSON files of a prepared data set says."""
    try:
        content = json.loads((folder / file).read_text())
    except FileNotFoundError:
        raise Damaged(f"{file} is missing") from None
    except ValueError as error:
        raise Damaged(f"{file} is not JSON: {error}") from error
    if not isinstance(content, dict) or not content:
        raise Damaged(f"{file} says nothing")
    return content


def builder(folder: Path) -> Any:
    """What TFDS knows of a prepared data set: a tfds.core.DatasetBuilder that reads its files.

    TFDS is given the folder, not the name, because by a name it would download what it lacks.

    Raises:
      Damaged: dataset_info.json or features.json is damaged.
      WrongUse: only TensorFlow could read it.
    """
    import tensorflow_datasets as tfds  # here because it takes a second, which digits need not pay

    check_format(folder)
    _described(folder, "features.json")
    try:
        found: Any = tfds.builder_from_directory(folder)
    except Exception as error:  # TFDS raises errors of any kind
        raise Damaged(f"dataset_info.json or features.json: {said(error)}") from error
    for feature in ("image", "label"):
        if feature not in found.info.features:
            raise Damaged(f"features.json has no {feature!r}")
    return found


def split(found: Any, name: str) -> Any:
    """What TFDS knows of a split, such as "train": a tfds.core.SplitInfo.

    Args:
      found: what `builder` returned.

    Raises:
      Damaged: there is no such split.
    """
    if name not in found.info.splits:
        raise Damaged(f"dataset_info.json has no split {name!r}")
    return found.info.splits[name]
