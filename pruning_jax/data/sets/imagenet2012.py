"""ImageNet, ILSVRC 2012: 1,331,167 photographs in 1,000 classes (Russakovsky et al. 2015,
arXiv 1409.0575).

The images stay in their files. The validation set of the challenge is used for testing, because the
challenge's own test set has no labels.

Its authors give the archives to those who ask for them. The training archive has an archive for
each class; TFDS knows the classes of the validation images. The files of the images are kept as
they are: a few of them are CMYK and one is a PNG, which TFDS's own preparation would encode anew,
with TensorFlow.
"""

import re
import tarfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tarfile import ExFileObject
from typing import cast

from pruning_jax.data.preparing.origin import Download, Example, Origin
from pruning_jax.data.reading import streamed
from pruning_jax.data.sources import DataSet, Spec
from pruning_jax.errors import WrongUse, require, said

SPEC = Spec(1_281_167, 50_000, image_shape=(224, 224, 3), num_classes=1000, streamed=True)

MEAN = (255 * 0.485, 255 * 0.456, 255 * 0.406)
STD = (255 * 0.229, 255 * 0.224, 255 * 0.225)
"""The moments of red, green and blue in the training images, which torchvision made customary."""

TRAIN, VALIDATION = "ILSVRC2012_img_train.tar", "ILSVRC2012_img_val.tar"


def examples(folder: Path, split: str) -> Iterator[Example]:
    """The examples of a split, "train" or "validation". Keys are names of files, as in TFDS.

    Raises:
      WrongUse: an archive is damaged, or another one.
    """
    path = folder / (TRAIN if split == "train" else VALIDATION)
    try:
        yield from _train(path) if split == "train" else _validation(path)
    except (OSError, EOFError, tarfile.TarError) as error:
        raise WrongUse(f"{path} is damaged, or not ImageNet's: {said(error)}") from error


def _train(path: Path) -> Iterator[Example]:
    """The training examples; the name of an inner archive, such as n01440764.tar, is the class."""
    for archive, file in _members(path, None):
        for name, image in _members(path, file):
            yield name, {"file_name": name, "image": image.read(), "label": archive[:-4]}


def _validation(path: Path) -> Iterator[Example]:
    """The validation examples; their numbers lead to their classes."""
    from tensorflow_datasets.public_api import core  # here because it takes a second

    labels = core.tfds_path("datasets/imagenet2012/validation_labels.txt").read_text().split()
    for name, image in _members(path, None):
        found = re.fullmatch(r"ILSVRC2012_val_(\d{8})\.JPEG", name)
        number = int(found.group(1)) if found else 0
        require(
            0 < number <= len(labels), f"{path}: {name!r} is not the name of a validation image"
        )
        yield name, {"file_name": name, "image": image.read(), "label": labels[number - 1]}


def _members(path: Path, file: ExFileObject | None) -> Iterator[tuple[str, ExFileObject]]:
    """The names and contents of the files in the archive at `path`, or inside it in `file`."""
    with tarfile.open(path if file is None else None, "r:", fileobj=file) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is not None:
                yield Path(member.name).name, cast(ExFileObject, content)


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

DATASET = DataSet(
    SPEC,
    partial(
        streamed.load,
        "imagenet2012",
        splits=("train", "validation"),
        mean=MEAN,
        std=STD,
        needs=" --archives=FOLDER",
    ),
    ORIGIN,
)
