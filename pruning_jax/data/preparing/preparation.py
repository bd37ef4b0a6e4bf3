"""Preparing a data set of images in TFDS's own layout, without TensorFlow.

TFDS writes array_record by itself, and would need TensorFlow only to encode images. So its own
builder is given examples whose images are PNG files already.
"""

import fcntl
import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import UInt8

from pruning_jax.data.preparing.download import fetch
from pruning_jax.data.preparing.origin import Example, Feature, Origin
from pruning_jax.data.reading import tfds_folder
from pruning_jax.errors import WrongUse, require, said

ROOM = 4
"""How much free space must be there to begin with, in sizes of the download: it has to hold that,
and what is prepared from it."""

ARCHIVES_ROOM = 2
"""The same where the archives are there already, because TFDS sorts the examples on disk."""

LOCK = "lock"
"""The file that a process locks in its scratch folder."""

Written: TypeAlias = tuple[int | str, dict[str, Feature | io.BytesIO]]
"""An example as TFDS takes it: an image is a file."""


def prepare(
    name: str, origin: Origin, data_dir: Path, mirror: str = "", archives: Path | None = None
) -> tuple[Path, bool]:
    """The folder of a prepared data set, and whether it was prepared only now.

    The folder is there whole or not at all.

    Args:
      mirror: the address of a folder that has the same files, instead of the origin's own.
      archives: the folder with the files of an origin whose files are downloaded by hand.

    Raises:
      WrongUse: a download or the preparation failed; one line says what and where.
    """
    folder = data_dir / name / _version(name)
    if folder.exists():
        _check(folder)
        return folder, False
    _look_for(name, origin, archives)
    with _scratch(data_dir, name) as scratch:
        _check_room(name, origin, scratch, ROOM if archives is None else ARCHIVES_ROOM)
        for file, expected in origin.files.items() if archives is None else ():
            url = f"{(mirror or origin.url).rstrip('/')}/{file}"
            print(f"downloading {url}, {expected.size / 1e6:.2g} MB", flush=True)
            fetch(url, scratch / file, *expected)
        print(f"preparing {folder}", flush=True)
        prepared = _build(name, origin, archives or scratch, scratch)
        folder.parent.mkdir(exist_ok=True)
        prepared.rename(folder)
    return folder, True


def _check_room(name: str, origin: Origin, scratch: Path, room: int) -> None:
    """Raises WrongUse unless there is as much free space as a preparation needs."""
    need = room * sum(file.size for file in origin.files.values())
    free = shutil.disk_usage(scratch).free
    require(
        need <= free,
        f"{scratch.parent} has {free / 1e6:.0f} MB free, but {name} needs about "
        f"{need / 1e6:.0f} MB; make room, or take another --data_dir",
    )


def _look_for(name: str, origin: Origin, archives: Path | None) -> None:
    """Raises WrongUse unless the files that are downloaded by hand are there, and whole."""
    if not origin.by_hand:
        require(
            archives is None,
            f"{name} is downloaded: leave out --archives, or name a folder with the files as "
            "--mirror=file:///FOLDER",
        )
        return
    names = " and ".join(origin.files)
    require(
        archives is not None,
        f"{name} has to be downloaded by hand: register at {origin.by_hand}, put {names} into a "
        f"folder and name it: --archives=FOLDER",
    )
    for file, expected in origin.files.items():
        path = Path(archives or "", file)
        require(path.is_file(), f"{path} is missing; it can be had at {origin.by_hand}")
        size = path.stat().st_size
        require(
            size == expected.size,
            f"{path} has {size} bytes, not {expected.size}; download it again at {origin.by_hand}",
        )


def _version(name: str) -> str:
    """The version of a data set that the installed TFDS reads."""
    import tensorflow_datasets as tfds  # here because it takes a second

    return str(tfds.builder_cls(name).VERSION)


def _check(folder: Path) -> None:
    """Raises WrongUse where a folder holds something that cannot be read without TensorFlow."""
    try:
        tfds_folder.check_format(folder)
    except (OSError, tfds_folder.Damaged) as error:
        raise WrongUse(
            f"{folder} is not a prepared data set ({said(error)}); remove it first"
        ) from error


@contextmanager
def _scratch(data_dir: Path, name: str) -> Iterator[Path]:
    """A folder for what is not finished; it is removed with its content.

    It is on the disk of the result, so that the result can be moved into place at once.
    """
    new, prefix = not data_dir.exists(), f".preparing-{name}-"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(data_dir, prefix)
        scratch = Path(tempfile.mkdtemp(prefix=prefix, dir=data_dir))
    except OSError as error:
        raise WrongUse(f"{data_dir} cannot be written: {error.strerror}") from error
    try:
        with (scratch / LOCK).open("wb") as file:
            fcntl.lockf(file, fcntl.LOCK_EX)
            yield scratch
    except OSError as error:
        reason = error.strerror or error
        raise WrongUse(f"{name} cannot be prepared in {data_dir}: {reason}") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if new and not any(data_dir.iterdir()):
            data_dir.rmdir()


def _remove_abandoned(data_dir: Path, prefix: str) -> None:
    """Removes what killed processes left; their locks ended with them."""
    for lock in data_dir.glob(f"{prefix}*/{LOCK}"):
        with suppress(OSError), lock.open("ab") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)


def _build(name: str, origin: Origin, files: Path, scratch: Path) -> Path:
    """Prepares the original files of the folder `files` in `scratch`; returns the folder of the
    result."""
    import tensorflow_datasets as tfds
    from tensorflow_datasets.core import registered

    theirs: Any = tfds.builder_cls(name)

    with registered.skip_registration():  # because the name is taken, by theirs

        class Builder(theirs):
            """TFDS's builder, with the examples of `origin`."""

            name = theirs.name
            __module__ = theirs.__module__  # because dataset_info.json has it
            code_path = None  # because TFDS would look for files beside this class

            def _split_generators(self, _: object) -> dict[str, Iterator[Written]]:
                for label, names in origin.names(files).items() if origin.names else ():
                    self.info.features[label].names = names
                return {s: map(_as_file, origin.examples(files, s)) for s in origin.splits}

    tfds.disable_progress_bar()
    builder = Builder(data_dir=scratch)
    try:
        with redirect_stdout(io.StringIO()):
            builder.download_and_prepare(file_format="array_record")
        for split, info in builder.info.splits.items():
            records = tfds.data_source(name, split=split, data_dir=scratch)
            require(len(records) == info.num_examples, f"{split} has {len(records)} records")
    except WrongUse:
        raise
    except Exception as error:  # array_record raises RuntimeError alone, even for a full disk
        raise WrongUse(f"{name} cannot be prepared in {scratch.parent}: {said(error)}") from error
    return Path(builder.data_dir)


def _as_file(example: Example) -> Written:
    """An example whose image is a file: the one that it is, or a PNG file."""
    key, features = example
    image = features["image"]
    if isinstance(image, np.ndarray):
        image = _png(image)
    if not isinstance(image, bytes):
        raise TypeError(f"the image of example {key} is {image!r}, neither an array nor a file")
    return key, {**features, "image": io.BytesIO(image)}


def _png(image: UInt8[np.ndarray, "h w c"]) -> bytes:
    """A PNG file of an image with 1 or 3 channels."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(file, "PNG")
    return file.getvalue()
