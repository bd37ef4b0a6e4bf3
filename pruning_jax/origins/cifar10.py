"""CIFAR-10, from its authors."""

from collections.abc import Iterator
from pathlib import Path

from pruning_jax.origins import Download, Example, Origin, _cifar

FOLDER = "cifar-10-batches-bin"
FILES = {
    "train": [f"{FOLDER}/data_batch_{i}.bin" for i in range(1, 6)],
    "test": [f"{FOLDER}/test_batch.bin"],
}


def examples(folder: Path, split: str) -> Iterator[Example]:
    path = folder / "cifar-10-binary.tar.gz"
    return _cifar.examples(path, FILES[split], ["label"], split)


def names(folder: Path) -> dict[str, list[str]]:
    return _cifar.class_names(
        folder / "cifar-10-binary.tar.gz", {"label": f"{FOLDER}/batches.meta.txt"}
    )


ORIGIN = Origin(
    "https://www.cs.toronto.edu/~kriz",
    {
        "cifar-10-binary.tar.gz": Download(
            170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
        )
    },
    examples,
    names,
)
