"""CIFAR-100: 60,000 colour images of 32 x 32 pixels in 100 classes (Krizhevsky 2009)."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from pruning_jax.data.preparing import cifar
from pruning_jax.data.preparing.origin import Download, Example, Origin
from pruning_jax.data.reading import prepared
from pruning_jax.data.sources import DataSet, Spec

SPEC = Spec(train_size=50_000, test_size=10_000, image_shape=(32, 32, 3), num_classes=100)

ARCHIVE = "cifar-100-binary.tar.gz"
FOLDER = "cifar-100-binary"
LABELS = {"coarse_label": "coarse_label_names.txt", "label": "fine_label_names.txt"}
"""The labels of an example, in the order of the file, and the files that name their classes."""


def examples(folder: Path, split: str) -> Iterator[Example]:
    """The examples of a split, "train" or "test"."""
    return cifar.examples(folder / ARCHIVE, [f"{FOLDER}/{split}.bin"], list(LABELS), split)


def names(folder: Path) -> dict[str, list[str]]:
    """The names of the classes, and of the 20 coarse ones."""
    files = {label: f"{FOLDER}/{file}" for label, file in LABELS.items()}
    return cifar.class_names(folder / ARCHIVE, files)


ORIGIN = Origin(
    "https://www.cs.toronto.edu/~kriz",
    {
        ARCHIVE: Download(
            168_513_733, "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"
        )
    },
    examples,
    names,
)

DATASET = DataSet(SPEC, partial(prepared.load, "cifar100", SPEC), ORIGIN)
