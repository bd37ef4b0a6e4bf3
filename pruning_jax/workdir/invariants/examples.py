"""What must hold for the training examples of a cell, and for the columns that follow from them."""

import math
from collections.abc import Iterator

import numpy as np

from pruning_jax.experiment import rules
from pruning_jax.workdir.invariants.agreement import Check, columns, first_wrong, mean
from pruning_jax.workdir.recorded import Record


def corrupted(record: Record) -> np.ndarray:
    """Whether each example's label differs from the true one, by the labels themselves."""
    return record.examples["label"] != record.examples["true_label"]


def flags(record: Record) -> Iterator[str]:
    """is_noisy says of each example whether its label differs from the true one."""
    wrong = np.flatnonzero(record.examples["is_noisy"] != corrupted(record))
    message = f"is_noisy is wrong for {wrong.size} examples, the first of them {wrong[:1].tolist()}"
    yield first_wrong(record.examples_file, (not wrong.size, message))


def noise_counts(record: Record) -> Iterator[str]:
    """As many labels are noisy as are drawn anew, ceil(rate * n).

    It may be fewer if the kind of noise may draw the true label again. Only the kind's own code
    knows whether it does; config.json repeats what it says. Where an older version did not write
    that down, fewer are no mistake.
    """
    rate, noisy = record.cell.noise_rate, corrupted(record)
    drawn, count = rules.count(rate, noisy.size), int(noisy.sum())
    exact = record.described.noise_always_wrong
    most = "" if exact else "at most "
    message = f"{count} of {noisy.size} labels are noisy, but rate {rate:g} means {most}{drawn}"
    yield first_wrong(record.examples_file, (count == drawn if exact else count <= drawn, message))
    for r, row in enumerate(record.rows):
        wrong = columns(row, {"noise_realised": mean(noisy)})
        yield first_wrong(record.rounds_file, (not wrong, f"round {r}: {wrong}"))


def left_out(record: Record) -> Iterator[str]:
    """As many examples as asked for are left out; if noisy ones were to be, none is trained on."""
    algorithm, used = record.algorithm, record.examples["used"]
    expected = record.experiment.left_out(algorithm, record.cell.noise_rate)
    trained = int((used & corrupted(record)).sum()) if algorithm.without == "noisy" else 0
    yield first_wrong(
        record.examples_file,
        (
            int((~used).sum()) == expected,
            f"{(~used).sum()} examples are left out of training, but it should be {expected}",
        ),
        (not trained, f"{trained} noisy examples are trained on, but all should be left out"),
    )
    for r, row in enumerate(record.rows):
        wrong = columns(row, {"train_examples": int(used.sum())})
        yield first_wrong(record.rounds_file, (not wrong, f"round {r}: {wrong}"))


def accuracies(record: Record) -> Iterator[str]:
    """Training accuracies are those of examples.npz; NaN where the network diverged.

    On clean examples the given label is the true one. Together with noisy_recovered that gives
    train_true_accuracy, if none or all of the noisy examples are trained on.
    """
    noisy, used = corrupted(record), record.examples["used"]
    for r, (row, correct) in enumerate(zip(record.rows, record.examples["correct"], strict=True)):
        recovered = row["noisy_recovered"] * int(noisy.sum()) if noisy.any() else 0
        right = int(correct[used & ~noisy].sum()) + (recovered if used[noisy].all() else 0)
        expected = {
            "train_accuracy": mean(correct[used]),
            "clean_accuracy": mean(correct[~noisy]),
            "noisy_accuracy": mean(correct[noisy]),
            "train_true_accuracy": right / used.sum(),
        }
        if used[noisy].any() != used[noisy].all():
            del expected["train_true_accuracy"]
        wrong = columns(row, dict.fromkeys(expected, math.nan) if row["diverged"] else expected)
        yield first_wrong(record.rounds_file, (not wrong, f"round {r}: {wrong}"))


def test_accuracies(record: Record) -> Iterator[str]:
    """The test accuracy is that of the test predictions; NaN where the network diverged."""
    right = record.examples["test_prediction"] == record.examples["test_label"]
    for r, (row, correct) in enumerate(zip(record.rows, right, strict=True)):
        wrong = columns(row, {"test_accuracy": math.nan if row["diverged"] else mean(correct)})
        yield first_wrong(record.rounds_file, (not wrong, f"round {r}: {wrong}"))


def losses(record: Record) -> Iterator[str]:
    """train_loss is that of examples.npz, and a cell diverged if a loss is not finite."""
    for r, (row, loss) in enumerate(zip(record.rows, record.examples["train_loss"], strict=True)):
        finite = bool(np.isfinite(loss).all())
        why = "every loss is finite" if finite else "a loss is not finite"
        wrong = columns(row, {"train_loss": mean(loss[record.examples["used"]])})
        yield first_wrong(
            record.rounds_file,
            (not wrong, f"round {r}: {wrong}"),
            (row["diverged"] != finite, f"round {r}: diverged is {row['diverged']}, but {why}"),
        )


CHECKS: dict[str, Check] = {
    "noisy examples are marked": flags,
    "as many labels are noisy as asked": noise_counts,
    "the right examples are left out": left_out,
    "accuracies follow from the arrays": accuracies,
    "test accuracies are those predicted": test_accuracies,
    "losses follow from the arrays": losses,
}
"""These checks by what they find to be so."""
