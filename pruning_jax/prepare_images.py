"""Preparing a data set of images in TFDS's own layout, without TensorFlow.

TFDS writes array_record by itself; TensorFlow it would need only to encode images. So
its own builder is given its examples with images that are PNG files already.
"""

import fcntl
import io
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import Any

import numpy as np

from pruning_jax.checks import WrongUse, require
from pruning_jax.download import fetch
from pruning_jax.origins import Example, Origin

ROOM = 4
"""Free space to begin with, in sizes of the download: that, and what is prepared from it."""

ARCHIVES_ROOM = 2
"""The same where the archives are there already: TFDS sorts the examples on disk."""

LOCK = "lock"
"""The file that a process locks in its scratch folder."""


def prepare(
    name: str, origin: Origin, data_dir: Path, mirror: str = "", archives: Path | None = None
) -> tuple[Path, bool]:
    """The folder of a prepared data set, and whether it was prepared only now.

    It appears there whole or not at all.

    Args:
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
        room = ROOM if archives is None else ARCHIVES_ROOM
        need = room * sum(file.size for file in origin.files.values())
        free = shutil.disk_usage(scratch).free
        require(
            need <= free,
            f"{data_dir} has {free / 1e6:.0f} MB free, {name} needs about {need / 1e6:.0f} MB",
        )
        for file, expected in origin.files.items() if archives is None else ():
            url = f"{(mirror or origin.url).rstrip('/')}/{file}"
            print(f"downloading {url}, {expected.size / 1e6:.2g} MB", flush=True)
            fetch(url, scratch / file, *expected)
        print(f"preparing {folder}", flush=True)
        prepared = _build(name, origin, archives or scratch, scratch)
        folder.parent.mkdir(exist_ok=True)
        prepared.rename(folder)
    return folder, True


def _look_for(name: str, origin: Origin, archives: Path | None) -> None:
    """Raises WrongUse unless the files that are downloaded by hand are there, whole."""
    if not origin.by_hand:
        require(archives is None, f"{name} is downloaded: leave out --archives, or take --mirror")
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
    import tensorflow_datasets as tfds  # here: it takes a second

    return str(tfds.builder_cls(name).VERSION)


def _check(folder: Path) -> None:
    """Raises WrongUse where a folder holds something that cannot be read without TensorFlow."""
    path = folder / "dataset_info.json"
    try:
        found = json.loads(path.read_text())["fileFormat"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WrongUse(f"{folder} is no prepared data set ({error!r}); remove it first") from error
    require(
        found == "array_record",
        f"{folder} is prepared as {found}, which needs TensorFlow; take another --data_dir",
    )


@contextmanager
def _scratch(data_dir: Path, name: str) -> Iterator[Path]:
    """A folder on the same disk for what is not finished; it vanishes with its content."""
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
    """Removes what killed processes left: their locks ended with them."""
    for lock in data_dir.glob(f"{prefix}*/{LOCK}"):
        with suppress(OSError), lock.open("ab") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)


def _build(name: str, origin: Origin, files: Path, scratch: Path) -> Path:
    """Prepares the originals in the folder `files` in `scratch`; the folder of the result."""
    import tensorflow_datasets as tfds
    from tensorflow_datasets.core import registered

    theirs: Any = tfds.builder_cls(name)

    with registered.skip_registration():  # the name is theirs already

        class Builder(theirs):
            """TFDS's builder, with the examples of `origin`."""

            name = theirs.name
            __module__ = theirs.__module__  # dataset_info.json says so
            code_path = None  # TFDS would look for files beside this class

            def _split_generators(self, _: object) -> dict[str, Iterator[Example]]:
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
    except Exception as error:  # array_record knows RuntimeError only, for a full disk as well
        message = " ".join(str(error).split())
        raise WrongUse(f"{name} cannot be prepared in {scratch.parent}: {message}") from error
    return Path(builder.data_dir)


def _as_file(example: Example) -> Example:
    """An example whose image is a file: the one that it is, or a PNG file."""
    key, features = example
    image = features["image"]
    content = image if isinstance(image, bytes) else _png(image)
    return key, {**features, "image": io.BytesIO(content)}


def _png(image: np.ndarray) -> bytes:
    """A PNG file of an image uint8 [height, width, 1 or 3]."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(file, "PNG")
    return file.getvalue()
