"""SVHN, cropped: house numbers of 32 x 32 pixels in 10 classes (Netzer et al. 2011).

Its authors give it as MATLAB files. The additional, easier images are left out.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from pruning_jax.data.preparing.origin import Download, Example, Origin
from pruning_jax.data.reading import prepared
from pruning_jax.data.sources import DataSet, Spec
from pruning_jax.errors import WrongUse, require, said

SPEC = Spec(train_size=73_257, test_size=26_032, image_shape=(32, 32, 3), num_classes=10)


def examples(folder: Path, split: str) -> Iterator[Example]:
    """The examples of a split, "train" or "test".

    Keys are positions, as in TFDS. The authors give the digit 0 the label 10; here its class is 0.

    Raises:
      WrongUse: the file is damaged, or another one.
    """
    from scipy.io import loadmat  # here because it takes a second

    path = folder / f"{split}_32x32.mat"
    try:
        content = loadmat(path)
        images, labels = content["X"], content["y"].ravel()
    except Exception as error:  # SciPy raises errors of any kind for a damaged file
        raise WrongUse(f"{path.name} is damaged, or not a file of SVHN: {said(error)}") from error
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
        image = images[..., index]
        yield index, {"id": f"{split}_{index:06d}", "image": image, "label": int(label) % 10}


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

DATASET = DataSet(SPEC, partial(prepared.load, "svhn_cropped", SPEC), ORIGIN)
