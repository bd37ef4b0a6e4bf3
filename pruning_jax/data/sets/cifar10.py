"""CIFAR-10: 60,000 colour images of 32 x 32 pixels in 10 classes (Krizhevsky 2009)."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from pruning_jax.data.preparing import cifar
from pruning_jax.data.preparing.origin import Download, Example, Origin
from pruning_jax.data.reading import prepared
from pruning_jax.data.sources import DataSet, Spec

SPEC = Spec(train_size=50_000, test_size=10_000, image_shape=(32, 32, 3), num_classes=10)

ARCHIVE = "cifar-10-binary.tar.gz"
FOLDER = "cifar-10-batches-bin"
FILES = {
    "train": [f"{FOLDER}/data_batch_{i}.bin" for i in range(1, 6)],
    "test": [f"{FOLDER}/test_batch.bin"],
}


def examples(folder: Path, split: str) -> Iterator[Example]:
    """The examples of a split, "train" or "test"."""
    return cifar.examples(folder / ARCHIVE, FILES[split], ["label"], split)


def names(folder: Path) -> dict[str, list[str]]:
    """The names of the classes."""
    return cifar.class_names(folder / ARCHIVE, {"label": f"{FOLDER}/batches.meta.txt"})


ORIGIN = Origin(
    "https://www.cs.toronto.edu/~kriz",
    {
        ARCHIVE: Download(
            170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
        )
    },
    examples,
    names,
)

DATASET = DataSet(SPEC, partial(prepared.load, "cifar10", SPEC), ORIGIN)
