"""The laws of a data set."""

import re

import numpy as np

from pruning_jax.data import sources
from pruning_jax.data.preparing.origin import Origin
from pruning_jax.data.reading.encoded import Encoded
from pruning_jax.data.sources import DataSet, Images, Source, Spec
from pruning_jax.testing.laws import law


def check_dataset(dataset: str | DataSet, data_dir: str = "") -> None:
    """Checks that a data set keeps the laws that the program relies on.

    What `load` returns is what the spec says: so many images uint8 of that shape, with a label in
    [0, num_classes) for each. To load it twice gives the same. Moments, where they are given, are a
    number for each channel. Where it has an origin, every file is described.

    Args:
      dataset: the data set, or its name: "digits", "my_module:DATASET".
      data_dir: as `config.data_dir`.

    Raises:
      AssertionError: it breaks a law; the message says which, and what to do.
      WrongUse: there is no data set of that name, or its files are not there.
    """
    found = sources.find(dataset) if isinstance(dataset, str) else dataset
    law(
        isinstance(found, DataSet),
        f"A data set is a pruning_jax.data.sources.DataSet(spec, load), not {_kind(found)}.",
    )
    law(isinstance(found.spec, Spec), f"spec is {_kind(found.spec)}, not a Spec.")
    _check_spec(found.spec)
    if found.origin:
        _check_origin(found.origin)
    source = found.load(data_dir)
    law(
        isinstance(source, Source),
        f"load(data_dir) returns {_kind(source)}; return a pruning_jax.data.sources.Source.",
    )
    wrong = sources.fault(found.spec, source)
    law(not wrong, f"load(data_dir) does not return what the spec says: {wrong}.")
    _check_moments(found.spec, source)
    _check_same(source, found.load(data_dir))


def _kind(thing: object) -> str:
    """The name of something's type, for messages."""
    return type(thing).__name__


def _above(number: object, least: int) -> bool:
    """Whether something is a whole number of at least `least`."""
    return isinstance(number, int) and number >= least


def _check_spec(spec: Spec) -> None:
    """The sizes of a data set are possible."""
    sizes = {"train_size": spec.train_size, "test_size": spec.test_size}
    for name, size in sizes.items():
        law(_above(size, 1), f"spec.{name} is {size!r}, not a number above 0.")
    shape, classes = spec.image_shape, spec.num_classes
    law(
        len(shape) == 3 and all(_above(length, 1) for length in shape),
        f"spec.image_shape is {shape!r}; it must be (height, width, channels). Grey images have 1 "
        "channel: images[..., np.newaxis] adds the axis.",
    )
    law(_above(classes, 2), f"spec.num_classes is {classes!r}, not a number above 1.")


def _check_origin(origin: Origin) -> None:
    """Every file of an origin is described, so that a download can be checked."""
    law(
        len(origin.splits) > 1,
        f"origin.splits is {origin.splits}; name one to train on, and one to test on.",
    )
    for name, file in origin.files.items():
        law(file.size > 0, f"origin.files[{name!r}].size is {file.size}; give its size in bytes.")
        law(
            bool(re.fullmatch("[0-9a-f]{64}", file.sha256)),
            f"origin.files[{name!r}].sha256 is {file.sha256!r}; give what `sha256sum` prints.",
        )


def _check_moments(spec: Spec, source: Source) -> None:
    """Both moments are given or neither, and each is a number for each channel."""
    moments = {"mean": source.mean, "std": source.std}
    given = {name: moment for name, moment in moments.items() if moment is not None}
    law(len(given) != 1, f"Only the {', '.join(given)} is given; give both moments or neither.")
    for name, moment in given.items():
        law(
            moment.shape == spec.image_shape[-1:],
            f"{name} has the shape {moment.shape}; it must have a number for each channel, "
            f"{spec.image_shape[-1:]}.",
        )
    if source.std is not None:
        law((source.std > 0).all(), f"std is {source.std}; images are divided by it.")


def _check_same(first: Source, second: Source) -> None:
    """Two sources have the same content."""
    pairs = zip(first, second, Source._fields, strict=True)
    differ = [name for one, other, name in pairs if not _same(one, other)]
    law(
        not differ,
        f"load(data_dir) returns other {', '.join(differ)} the second time; draw with a fixed "
        "seed, as in np.random.default_rng(0), and sort what a folder lists.",
    )


def _same(one: Images | None, other: Images | None) -> bool:
    """Whether two sets of images, labels or moments are the same."""
    if isinstance(one, Encoded) and isinstance(other, Encoded):
        return one.shards == other.shards and np.array_equal(one.records, other.records)
    if one is None or other is None:
        return one is other
    return np.array_equal(np.asarray(one), np.asarray(other))
