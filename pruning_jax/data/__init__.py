"""Data sets: one file per source, which has `SPEC` and `load(data_dir)`."""

import importlib
import pkgutil
from typing import NamedTuple

import numpy as np

from pruning_jax import checks
from pruning_jax.config import Data


class Spec(NamedTuple):
    """What is known of a data set without reading it."""

    train_size: int
    test_size: int
    image_shape: tuple[int, int, int]  # height, width, channels
    num_classes: int


class Source(NamedTuple):
    """A data set as arrays: images uint8 [n, height, width, channels], labels int32 [n]."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


class Division(NamedTuple):
    """A data set divided: training, validation and test examples, in this order."""

    images: np.ndarray  # uint8 [n, height, width, channels]
    labels: np.ndarray  # int32 [n], true
    origin: np.ndarray  # int32 [train]: where each training example stands in the source
    train: slice
    validation: slice
    test: slice
    mean: np.ndarray  # float32 [channels], of the training images, in units of a pixel
    std: np.ndarray  # float32 [channels]


NAMES = tuple(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
"""The data sets: every file of this folder."""


def spec(name: str) -> Spec:
    """The sizes of a data set, without reading it."""
    checks.one_of("dataset", name, NAMES)
    return importlib.import_module(f"{__name__}.{name}").SPEC


def load(name: str, data_dir: str = "") -> Source:
    """A data set as arrays.

    Raises:
      WrongUse: it is not there, or it is not what its Spec says.
    """
    known = spec(name)
    source: Source = importlib.import_module(f"{__name__}.{name}").load(data_dir)
    wrong = fault(known, source)
    checks.require(not wrong, f"dataset {name!r}: {wrong}")
    return source


def fault(known: Spec, source: Source) -> str:
    """What of a source is not as its Spec says, or nothing."""
    sides = (
        ("training", source.train_images, source.train_labels, known.train_size),
        ("test", source.test_images, source.test_labels, known.test_size),
    )
    for side, images, labels, size in sides:
        if images.shape[1:] != known.image_shape:
            return f"{side} images of {images.shape[1:]} where {known.image_shape} is expected"
        if labels.min() < 0 or labels.max() >= known.num_classes:
            found = f"{side} labels from {labels.min()} to {labels.max()}"
            return f"{found} where there are {known.num_classes} classes"
        if (len(images), len(labels)) != (size, size):
            found = f"{len(images)} {side} examples with {len(labels)} labels"
            return f"{found} where {size} are expected"
    return ""


def sizes(data: Data, train_size: int) -> tuple[int, int]:
    """How many examples train and validate."""
    used = data.train_images or train_size
    validation = round(data.validation_fraction * used)
    return used - validation, validation


def divide(source: Source, data: Data) -> Division:
    """Training, validation and test examples.

    Both are drawn at random by `data.split_seed` alone; a smaller `train_images` takes a
    part of what a larger one takes.
    """
    available = len(source.train_labels)
    train, validation = sizes(data, available)
    order = np.random.default_rng(data.split_seed).permutation(available)[: train + validation]
    index = order.astype(np.int32)
    images = np.concatenate([source.train_images[index], source.test_images])
    labels = np.concatenate([source.train_labels[index], source.test_labels]).astype(np.int32)
    mean, std = _moments(images[:train])
    return Division(
        images,
        labels,
        index[:train],
        slice(0, train),
        slice(train, train + validation),
        slice(train + validation, len(labels)),
        mean,
        std,
    )


def _moments(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel, float32, by counting grey levels."""
    levels = np.arange(256)
    channels = [np.bincount(images[..., c].ravel(), minlength=256) for c in range(images.shape[-1])]
    means = [np.average(levels, weights=counts) for counts in channels]
    variances = [
        np.average((levels - mean) ** 2, weights=counts)
        for mean, counts in zip(means, channels, strict=True)
    ]
    return np.array(means, np.float32), np.sqrt(variances).astype(np.float32)
