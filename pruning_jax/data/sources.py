"""What a data set is, and how one is found by its name.

A data set is a file of `pruning_jax/data/sets`, or a module of yours, that has a `DataSet`.
Importing one is cheap: what takes time, or JAX, is imported when something is loaded.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from pruning_jax import plugins
from pruning_jax.data.preparing.origin import Origin
from pruning_jax.data.reading.encoded import Encoded
from pruning_jax.errors import require

Images: TypeAlias = np.ndarray | Encoded
"""An array uint8 [n, height, width, channels], or images that are left in their files."""


class Spec(NamedTuple):
    """What is known of a data set without reading it."""

    train_size: int
    test_size: int
    image_shape: tuple[int, int, int]  # height, width, channels
    num_classes: int
    streamed: bool = False  # whether images stay in their files because no device could hold them


class Source(NamedTuple):
    """The content of a data set: images, and labels int [n]."""

    train_images: Images
    train_labels: np.ndarray
    test_images: Images
    test_labels: np.ndarray
    # The moments of the training images, float32 [channels], in units of a pixel (0 to 255).
    mean: np.ndarray | None = None  # None: it is computed from the images that are trained on
    std: np.ndarray | None = None


class DataSet(NamedTuple):
    """A data set: what is known of it, how it is loaded, and where it comes from."""

    spec: Spec
    load: Callable[[str], Source]  # takes `config.data_dir`, which is "" by default
    origin: Origin | None = None  # what `prepare` needs; None: there is nothing to prepare


def find(name: str) -> DataSet:
    """The data set of a name: `mnist`, or `my_module:DATASET`.

    Raises:
      WrongUse: there is none, or it is something else.
    """
    found = plugins.DATASETS.find(name)
    require(
        isinstance(found, DataSet),
        f"dataset {name!r} is of type {type(found).__name__}; it must be a "
        "pruning_jax.data.sources.DataSet(spec, load)",
    )
    return found


def origins() -> dict[str, Origin]:
    """Where the built-in data sets come from, for those that `prepare` prepares."""
    datasets = {name: find(name) for name in plugins.DATASETS.names}
    return {name: found.origin for name, found in datasets.items() if found.origin}


def spec(name: str) -> Spec:
    """The sizes of a data set, without reading it."""
    return find(name).spec


def load(name: str, data_dir: str = "") -> Source:
    """The content of a data set.

    Raises:
      WrongUse: it is not there, or it is not what its Spec says.
    """
    dataset = find(name)
    source = dataset.load(data_dir)
    wrong = fault(dataset.spec, source)
    require(not wrong, f"dataset {name!r}: {wrong}")
    return source


def fault(known: Spec, source: Source) -> str:
    """What in a source is not as its Spec says, in a few words, or ""."""
    sides = (
        ("training", source.train_images, source.train_labels, known.train_size),
        ("test", source.test_images, source.test_labels, known.test_size),
    )
    for side, images, labels, size in sides:
        wrong = _image_fault(known, images) or _label_fault(known, labels)
        if wrong:
            return f"{side} {wrong}"
        if (len(images), len(labels)) != (size, size):
            found = f"{len(images)} {side} examples with {len(labels)} labels"
            return f"{found} where {size} are expected"
    if known.streamed and (source.mean is None or source.std is None):
        return "a mean and a std must be given where images stay in their files"
    return ""


def _image_fault(known: Spec, images: Images) -> str:
    """What is wrong with the kind of some images, or ""; those in files can have any shape."""
    if isinstance(images, Encoded) != known.streamed:
        return f"images are of type {type(images).__name__}, and streamed is {known.streamed}"
    if isinstance(images, Encoded):
        return ""
    if images.dtype != np.uint8:
        return f"images of {images.dtype} where uint8 (0 to 255) is expected"
    if images.shape[1:] != known.image_shape:
        return f"images of {images.shape[1:]} where {known.image_shape} is expected"
    return ""


def _label_fault(known: Spec, labels: np.ndarray) -> str:
    """What is wrong with the kind of some labels, or ""."""
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        return f"labels of {labels.dtype} {labels.shape} where whole numbers [n] are expected"
    if labels.size and (labels.min() < 0 or labels.max() >= known.num_classes):
        found = f"labels from {labels.min()} to {labels.max()}"
        return f"{found} where there are {known.num_classes} classes"
    return ""
