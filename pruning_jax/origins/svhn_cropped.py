"""SVHN, cropped, from its authors: MATLAB files. The additional images are left aside."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pruning_jax.checks import WrongUse, require
from pruning_jax.origins import Download, Example, Origin


def examples(folder: Path, split: str) -> Iterator[Example]:
    """The examples of a split. Keys are positions, as in TFDS; the digit 0 is class 0."""
    from scipy.io import loadmat  # here: it takes a second

    path = folder / f"{split}_32x32.mat"
    try:
        content = loadmat(path)
        images, labels = content["X"], content["y"].ravel()
    except Exception as error:  # a damaged file raises what it likes
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise WrongUse(f"{path.name} is damaged, or not SVHN's: {reason}") from error
    require(
        images.shape == (32, 32, 3, len(labels)) and images.dtype == np.uint8,
        f"{path.name}: images {images.dtype} {images.shape} and {len(labels)} labels "
        "do not belong together",
    )
    require(
        bool(labels.min() >= 1 and labels.max() <= 10),
        f"{path.name}: labels from {labels.min()} to {labels.max()}, not from 1 to 10",
    )
    for index, label in enumerate(labels):
        yield (
            index,
            {
                "id": f"{split}_{index:06d}",
                "image": images[..., index],
                "label": int(label) % 10,
            },
        )


ORIGIN = Origin(
    "http://ufldl.stanford.edu/housenumbers",
    {
        "train_32x32.mat": Download(
            182_040_794, "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8"
        ),
        "test_32x32.mat": Download(
            64_275_384, "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b"
        ),
    },
    examples,
)
