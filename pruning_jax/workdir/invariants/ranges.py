"""What must hold for numbers that cannot be computed again: that they are possible."""

import math
from collections.abc import Iterator

import numpy as np

from pruning_jax.workdir.columns import COLUMNS, Row
from pruning_jax.workdir.invariants.agreement import Check, first_wrong
from pruning_jax.workdir.invariants.examples import corrupted
from pruning_jax.workdir.recorded import Record

ACCURACIES = tuple(column.name for column in COLUMNS if column.name.endswith("_accuracy"))
OF_NOISY = ("noisy_accuracy", "noisy_recovered")
OF_VALIDATION = ("validation_accuracy", "validation_noisy_accuracy")


def numbers(record: Record) -> Iterator[str]:
    """Accuracies are fractions of so many examples, and NaN only of none of them or where the
    network diverged; losses, distances and times are not negative."""
    noisy = int(corrupted(record).sum())
    validation = _validation_sizes(record)
    for r, row in enumerate(record.rows):
        wrong = _first_odd(row, noisy, validation)
        yield first_wrong(record.rounds_file, (not wrong, f"round {r}: {wrong}"))


def _first_odd(row: Row, noisy: int, validation: list[int]) -> str:
    """The first number of a row that cannot be, in words; or ""."""
    for name in (*ACCURACIES, "noisy_recovered"):
        value = row[name]
        sizes = [noisy] if name in OF_NOISY else validation if name in OF_VALIDATION else [1]
        nothing = row["diverged"] or sizes == [0]
        maybe = nothing or 0 in sizes
        if not (maybe if math.isnan(value) else 0 <= value <= 1 and not nothing):
            return f"{name} is {value:.12g}, which cannot be"
        of = OF_NOISY[1:] + OF_VALIDATION  # the others are computed again elsewhere
        if name in of and not maybe and not any(_is_share(value, n) for n in sizes):
            return f"{name} is {value:.12g}, which is no fraction of {sizes[0]} examples"
    both = row["noisy_accuracy"] + row["noisy_recovered"]
    if both > 1 + 1e-9:
        return f"noisy_accuracy and noisy_recovered are {both:.12g} together, which cannot be"
    finite = ("seconds", *(() if row["diverged"] else ("distance",)))
    for name in finite:
        if not 0 <= row[name] < math.inf:
            return f"{name} is {row[name]:.12g}, which cannot be"
    for name in ("train_loss", "validation_loss", "test_loss"):
        if row[name] < 0:
            return f"{name} is {row[name]:.12g}, which cannot be"
    return ""


def _is_share(value: float, size: int) -> bool:
    """Whether a number is a whole part of so many examples, divided by their number."""
    return math.isclose(value * size, round(value * size), abs_tol=1e-6)


def _validation_sizes(record: Record) -> list[int]:
    """How many validation examples there may be, by the number of training examples.

    Where all images of a data set are used, their number stands nowhere; rounding leaves one or
    two that it can be.
    """
    data, train = record.experiment.data, record.experiment.recipe.train_size
    if data.train_images:
        return [data.train_images - train]
    guess = round(train / (1 - data.validation_fraction)) - train
    near = range(max(0, guess - 2), guess + 3)
    found = [n for n in near if round(data.validation_fraction * (train + n)) == n]
    return found or [guess]


def labels(record: Record) -> Iterator[str]:
    """Labels and predictions are classes, and each training example is another image."""
    arrays, classes = record.examples, record.experiment.recipe.num_classes
    outside = [
        name
        for name in ("label", "true_label", "test_label", "test_prediction")
        if arrays[name].size and not 0 <= arrays[name].min() <= arrays[name].max() < classes
    ]
    index = arrays["index"]
    apart = np.unique(index).size == index.size and (index.size == 0 or index.min() >= 0)
    yield first_wrong(
        record.examples_file,
        (not outside, f"{', '.join(outside)} has other numbers than those of {classes} classes"),
        (apart, "index has places that cannot be, or the same one twice"),
    )


CHECKS: dict[str, Check] = {
    "numbers are possible": numbers,
    "labels are classes": labels,
}
"""These checks by what they find to be so."""
