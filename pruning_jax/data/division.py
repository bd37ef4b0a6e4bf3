"""A data set divided into training, validation and test examples."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from pruning_jax.data.reading.encoded import Encoded, concatenate
from pruning_jax.data.sources import Images, Source
from pruning_jax.experiment.data import Data


class Division(NamedTuple):
    """A data set divided: the training examples come first, then validation, then testing."""

    images: Images | None  # None where nothing is to be trained, as in a plan
    labels: np.ndarray  # int32 [n], the true labels
    origin: np.ndarray  # int32 [train]: the place of each training example in the source
    train: slice
    validation: slice
    test: slice
    mean: np.ndarray  # float32 [channels], of the training images, in units of a pixel (0 to 255)
    std: np.ndarray  # float32 [channels]

    @property
    def streamed(self) -> bool:
        """Whether images are read from their files as they are needed."""
        return self.pixels is None

    @property
    def pixels(self) -> np.ndarray | None:
        """The images uint8 [n, height, width, channels], where they are in memory."""
        return self.images if isinstance(self.images, np.ndarray) else None

    @property
    def encoded(self) -> Encoded | None:
        """The images, where they are left in their files."""
        return self.images if isinstance(self.images, Encoded) else None


def sizes(data: Data, train_size: int) -> tuple[int, int]:
    """How many examples are for training, and how many for validation.

    Args:
      train_size: the size of the data set's own training set.

    >>> sizes(Data(train_images=500, validation_fraction=0.1), 1297)
    (450, 50)
    """
    used = data.train_images or train_size
    validation = round(data.validation_fraction * used)
    return used - validation, validation


def divide(source: Source, data: Data) -> Division:
    """The training, validation and test examples of a data set.

    The first two are drawn at random, by `data.split_seed` alone. A smaller `train_images` takes a
    subset of what a larger one takes.
    """
    available = len(source.train_labels)
    train, validation = sizes(data, available)
    order = np.random.default_rng(data.split_seed).permutation(available)[: train + validation]
    index = order.astype(np.int32)
    images = _joined(source.train_images[index], source.test_images)
    labels = np.concatenate([source.train_labels[index], source.test_labels]).astype(np.int32)
    mean, std = source.mean, source.std
    if mean is None or std is None:
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


def _joined(first: Images, second: Images) -> Images:
    """Images, and others after them."""
    if isinstance(first, Encoded) and isinstance(second, Encoded):
        return concatenate([first, second])
    return np.concatenate([np.asarray(first), np.asarray(second)])


def _moments(
    images: Images,
) -> tuple[Float32[np.ndarray, " channels"], Float32[np.ndarray, " channels"]]:
    """The mean and the standard deviation of each channel, by counting grey levels.

    Counting needs no floating-point copy of the images, which would take four times their memory.
    """
    pixels, levels = np.asarray(images), np.arange(256)
    channels = [np.bincount(pixels[..., c].ravel(), minlength=256) for c in range(pixels.shape[-1])]
    means = [np.average(levels, weights=counts) for counts in channels]
    variances = [
        np.average((levels - mean) ** 2, weights=counts)
        for mean, counts in zip(means, channels, strict=True)
    ]
    return np.array(means, np.float32), np.sqrt(variances).astype(np.float32)
