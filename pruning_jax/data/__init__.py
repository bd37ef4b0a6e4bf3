"""Data sets: one file per source, which has `SPEC` and `load(data_dir)`."""

import importlib
import pkgutil
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from pruning_jax import checks
from pruning_jax.config import Data
from pruning_jax.data._encoded import Encoded, concatenate

Images: TypeAlias = Any
"""An array uint8 [n, height, width, channels], or Encoded: left in their files."""


class Spec(NamedTuple):
    """What is known of a data set without reading it."""

    train_size: int
    test_size: int
    image_shape: tuple[int, int, int]  # height, width, channels
    num_classes: int
    streamed: bool = False  # images are read as they are needed: no device could hold them all


class Source(NamedTuple):
    """A data set: images, and labels int32 [n]."""

    train_images: Images
    train_labels: np.ndarray
    test_images: Images
    test_labels: np.ndarray
    mean: np.ndarray | None = None  # float32 [channels], in units of a pixel; None: counted
    std: np.ndarray | None = None


class Division(NamedTuple):
    """A data set divided: training, validation and test examples, in this order."""

    images: Any  # Images; None where only a plan is made
    labels: np.ndarray  # int32 [n], true
    origin: np.ndarray  # int32 [train]: where each training example stands in the source
    train: slice
    validation: slice
    test: slice
    mean: np.ndarray  # float32 [channels], of the training images, in units of a pixel
    std: np.ndarray  # float32 [channels]

    @property
    def streamed(self) -> bool:
        """Whether images are read as they are needed."""
        return not isinstance(self.images, np.ndarray)


NAMES = tuple(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
"""The data sets: every file of this folder."""


def find(name: str) -> Any:
    """The module of a data set; a name with a dot is a module outside this package.

    Raises:
      WrongUse: there is none, or it lacks SPEC or load.
    """
    if "." not in name:
        checks.one_of("dataset", name, NAMES)
        return importlib.import_module(f"{__name__}.{name}")
    try:
        module = importlib.import_module(name)
    except Exception as error:  # of whatever the module does
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise checks.WrongUse(f"dataset {name!r} cannot be imported: {reason}") from error
    for needed in ("SPEC", "load"):
        checks.require(
            hasattr(module, needed), f"dataset {name!r}: {module.__file__} has no {needed}"
        )
    return module


def spec(name: str) -> Spec:
    """The sizes of a data set, without reading it."""
    return find(name).SPEC


def load(name: str, data_dir: str = "") -> Source:
    """A data set.

    Raises:
      WrongUse: it is not there, or it is not what its Spec says.
    """
    known = spec(name)
    source: Source = find(name).load(data_dir)
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
        shape = _shape(images, known)[1:]
        if shape != known.image_shape:
            return f"{side} images of {shape} where {known.image_shape} is expected"
        if labels.min() < 0 or labels.max() >= known.num_classes:
            found = f"{side} labels from {labels.min()} to {labels.max()}"
            return f"{found} where there are {known.num_classes} classes"
        if (len(images), len(labels)) != (size, size):
            found = f"{len(images)} {side} examples with {len(labels)} labels"
            return f"{found} where {size} are expected"
    return ""


def _shape(images: Images, known: Spec) -> tuple[int, ...]:
    """That of images; those in files become what is asked for."""
    return (len(images), *known.image_shape) if isinstance(images, Encoded) else images.shape


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


def _joined(*parts: Any) -> Images:
    """Images after each other."""
    return concatenate(parts) if isinstance(parts[0], Encoded) else np.concatenate(parts)


def _moments(images: Any) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel, float32, by counting grey levels."""
    levels = np.arange(256)
    channels = [np.bincount(images[..., c].ravel(), minlength=256) for c in range(images.shape[-1])]
    means = [np.average(levels, weights=counts) for counts in channels]
    variances = [
        np.average((levels - mean) ** 2, weights=counts)
        for mean, counts in zip(means, channels, strict=True)
    ]
    return np.array(means, np.float32), np.sqrt(variances).astype(np.float32)
