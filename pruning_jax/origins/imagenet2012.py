"""ImageNet, ILSVRC 2012: the archives that its authors give to those who ask them.

The training archive has an archive per class; which class a validation image is of, TFDS knows.
Images stay the files that they are: a few among them are CMYK, one is a PNG; TFDS's own
preparation would encode these anew with TensorFlow.
"""

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pruning_jax.checks import WrongUse, require
from pruning_jax.origins import Download, Example, Origin

TRAIN, VALIDATION = "ILSVRC2012_img_train.tar", "ILSVRC2012_img_val.tar"


def examples(folder: Path, split: str) -> Iterator[Example]:
    """The examples of a split, train or validation. Keys are names of files, as in TFDS.

    Raises:
      WrongUse: an archive is damaged, or another one.
    """
    path = folder / (TRAIN if split == "train" else VALIDATION)
    try:
        yield from _train(path) if split == "train" else _validation(path)
    except (OSError, EOFError, tarfile.TarError) as error:
        raise WrongUse(f"{path} is damaged, or not ImageNet's: {error}") from error


def _train(path: Path) -> Iterator[Example]:
    for archive, file in _members(path, None):  # such as n01440764.tar
        for name, image in _members(path, file):
            yield name, {"file_name": name, "image": image.read(), "label": archive[:-4]}


def _validation(path: Path) -> Iterator[Example]:
    from tensorflow_datasets.public_api import core  # here: it takes a second

    labels = core.tfds_path("datasets/imagenet2012/validation_labels.txt").read_text().split()
    for name, image in _members(path, None):
        found = re.fullmatch(r"ILSVRC2012_val_(\d{8})\.JPEG", name)
        number = int(found.group(1)) if found else 0
        require(0 < number <= len(labels), f"{path}: {name!r} is no name of a validation image")
        yield name, {"file_name": name, "image": image.read(), "label": labels[number - 1]}


def _members(path: Path, file: Any) -> Iterator[tuple[str, Any]]:
    """The names and contents of the files in the archive at `path`, or inside it in `file`."""
    with tarfile.open(path if file is None else None, "r:", fileobj=file) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is not None:
                yield Path(member.name).name, content


ORIGIN = Origin(
    "http://www.image-net.org/challenges/LSVRC/2012/nnoupb",
    {
        TRAIN: Download(
            147_897_477_120, "b08200a27a8e34218a0e58fde36b0fe8f73bc377f4acea2d91602057c3ca45bb"
        ),
        VALIDATION: Download(
            6_744_924_160, "c7e06a6c0baccf06d8dbeb6577d71efff84673a5dbdd50633ab44f8ea0456ae0"
        ),
    },
    examples,
    splits=("train", "validation"),
    by_hand="https://image-net.org/download-images",
)
