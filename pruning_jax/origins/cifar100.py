"""CIFAR-100, from its authors."""

from collections.abc import Iterator
from pathlib import Path

from pruning_jax.origins import Download, Example, Origin, _cifar

FOLDER = "cifar-100-binary"
LABELS = {"coarse_label": "coarse_label_names.txt", "label": "fine_label_names.txt"}


def examples(folder: Path, split: str) -> Iterator[Example]:
    path = folder / "cifar-100-binary.tar.gz"
    return _cifar.examples(path, [f"{FOLDER}/{split}.bin"], list(LABELS), split)


def names(folder: Path) -> dict[str, list[str]]:
    files = {label: f"{FOLDER}/{file}" for label, file in LABELS.items()}
    return _cifar.class_names(folder / "cifar-100-binary.tar.gz", files)


ORIGIN = Origin(
    "https://www.cs.toronto.edu/~kriz",
    {
        "cifar-100-binary.tar.gz": Download(
            168_513_733, "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"
        )
    },
    examples,
    names,
)
