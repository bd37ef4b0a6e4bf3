"""Data sets of random pixels and labels, as large as those whose names they have.

How fast a network is trained does not depend on what it sees, as long as not all of it is alike:
on zeros devices draw less power and are faster. They are written as other data sets are:
`--config.dataset=benchmarks.parts.pixels:MNIST`.
"""

import os

import numpy as np

from pruning_jax.data import sources
from pruning_jax.data.sources import DataSet, Source, Spec


def random(spec: Spec) -> DataSet:
    """A data set of these sizes."""

    def load(data_dir: str) -> Source:
        rng = np.random.default_rng(0)
        sides = []
        for size in (spec.train_size, spec.test_size):
            sides.append(rng.integers(0, 256, (size, *spec.image_shape), np.uint8))
            sides.append(rng.integers(0, spec.num_classes, size, np.int32))
        return Source(*sides)

    return DataSet(spec, load)


MNIST, CIFAR10 = (random(sources.spec(name)) for name in ("mnist", "cifar10"))
TINY_MNIST, TINY_CIFAR10 = (
    random(known.spec._replace(train_size=64, test_size=32)) for known in (MNIST, CIFAR10)
)


def dataset(name: str, tiny: bool) -> str:
    """The data set to use for `mnist` or `cifar10`: the real one where TFDS_DATA_DIR says where
    data sets lie, else random pixels."""
    if os.environ.get("TFDS_DATA_DIR"):
        return name
    return f"{__name__}:{'TINY_' if tiny else ''}{name.upper()}"
