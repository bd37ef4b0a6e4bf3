"""What must hold in the files of a run, whatever it computed.

A check is a generator over the things that it looks at: for each, what is wrong with it in
one line that names the file, or "".
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pruning_jax import rules
from pruning_jax.analysis import recorded
from pruning_jax.analysis.recorded import Arrays, Damaged, Record

Check = Callable[[Record], Iterator[str]]


def first_wrong(where: object, *conditions: tuple[object, str]) -> str:
    """`where` with the message of the first condition that does not hold, or ""."""
    return next((f"{where}: {message}" for holds, message in conditions if not holds), "")


def _equal(value: float | int, expected: float | int) -> bool:
    """Whether two numbers agree up to rounding; NaN agrees with NaN."""
    both = math.isnan(value) and math.isnan(expected)
    return both or math.isclose(value, expected, rel_tol=1e-9, abs_tol=1e-12)


def _columns(row: dict[str, Any], expected: dict[str, Any]) -> str:
    """The first column that is not as expected, or ""."""
    for name, number in expected.items():
        if not _equal(row[name], number):
            return f"{name} is {row[name]:.12g}, the arrays give {number:.12g}"
    return ""


def _mean(values: np.ndarray) -> float:
    return float(values.mean(dtype=np.float64)) if values.size else math.nan


def _remaining(mask: Arrays) -> int:
    return sum(int(np.count_nonzero(layer)) for layer in mask.values())


def corrupted(record: Record) -> np.ndarray:
    """Whether each example's label differs from the true one, by the labels themselves."""
    return record.examples["label"] != record.examples["true_label"]


def rounds(record: Record) -> Iterator[str]:
    """Rows are those of this cell, of the rounds 0, 1, ... in order; a diverged one is the last."""
    last = record.algorithm.rounds
    for i, row in enumerate(record.rows):
        own = (row["algorithm"], row["noise_rate"], row["seed"])
        yield first_wrong(
            record.table,
            (own == tuple(record.cell), f"a row is of {own}"),
            (row["round"] == i, f"round {row['round']} stands where round {i} is expected"),
            (i <= last, f"round {i} is beyond the configuration's last one, {last}"),
            (i == 0 or not record.rows[i - 1]["diverged"], f"round {i} follows a diverged one"),
        )


def counts(record: Record) -> Iterator[str]:
    """weights_total, weights_remaining and density are those of the mask."""
    for r, (row, mask) in enumerate(zip(record.rows, record.masks, strict=True)):
        total, left = sum(layer.size for layer in mask.values()), _remaining(mask)
        expected = {"weights_total": total, "weights_remaining": left, "density": left / total}
        wrong = _columns(row, expected)
        yield first_wrong(record.table, (not wrong, f"round {r}: {wrong}"))


def densities(record: Record) -> Iterator[str]:
    """round(total * density) weights remain, the density as configured."""
    for r, mask in enumerate(record.masks):
        density = record.algorithm.densities[r]
        keep = round(sum(layer.size for layer in mask.values()) * density)
        left = _remaining(mask)
        message = f"{left} weights remain, density {density:.4g} means {keep}"
        yield first_wrong(record.file("masks", r), (left == keep, message))


def nested(record: Record) -> Iterator[str]:
    """No weight returns, where the algorithm prunes round after round."""
    a = record.algorithm
    if a.one_shot or a.shuffle or a.masks_from:
        return
    for r in range(1, len(record.masks)):
        before, mask = record.masks[r - 1 : r + 1]
        back = {name: int((mask[name] & ~before[name]).sum()) for name in mask}
        where = ", ".join(f"{count} in {name}" for name, count in back.items() if count)
        message = f"pruned weights return after round {r - 1}: {where}"
        yield first_wrong(record.file("masks", r), (not where, message))


def borrowed(record: Record) -> Iterator[str]:
    """Masks taken from another algorithm are its own; shuffled, they have its counts per layer."""
    a = record.algorithm
    theirs = record._replace(cell=record.cell._replace(algorithm=a.masks_from))
    for r, mask in enumerate(record.masks if a.masks_from else []):
        try:
            source = recorded.mask(theirs.file("masks", r), mask)
        except Damaged:
            return  # said of the other cell already
        same = np.count_nonzero if a.shuffle else np.asarray
        differ = [n for n in mask if not np.array_equal(same(mask[n]), same(source[n]))]
        what = "has other counts than" if a.shuffle else "is not the mask of"
        message = f"{', '.join(differ)} {what} {theirs.file('masks', r)}"
        yield first_wrong(record.file("masks", r), (not differ, message))


def excluded(record: Record) -> Iterator[str]:
    """Layers that the configuration excludes are whole."""
    a = record.algorithm
    for r, mask in enumerate(record.masks if a.exclude and not a.masks_from else []):
        pruned = [
            name
            for name, layer in mask.items()
            if not layer.all() and any(rules.matches(name, pattern) for pattern in a.exclude)
        ]
        message = f"{', '.join(pruned)} is excluded from pruning but not whole"
        yield first_wrong(record.file("masks", r), (not pruned, message))


def params(record: Record) -> Iterator[str]:
    """Saved weights are exactly 0 where the mask has pruned them."""
    for r, mask in enumerate(record.masks if record.experiment.save_params else []):
        path = record.file("params", r)
        try:
            saved = recorded.arrays(path)
        except Damaged as error:
            yield str(error)
            continue
        other = [n for n in mask if n not in saved or saved[n].shape != mask[n].shape]
        alive = [n for n in mask if n not in other and np.any(saved[n][~mask[n]] != 0)]
        yield first_wrong(
            path,
            (not other, f"has no {', '.join(other)} of the mask's shape"),
            (not alive, f"pruned weights of {', '.join(alive)} are not 0"),
        )


def flags(record: Record) -> Iterator[str]:
    """is_noisy says of each example whether its label differs from the true one."""
    wrong = np.flatnonzero(record.examples["is_noisy"] != corrupted(record))
    message = f"is_noisy is wrong for {wrong.size} examples, the first is {wrong[:1]}"
    yield first_wrong(record.examples_file, (not wrong.size, message))


def noise_counts(record: Record) -> Iterator[str]:
    """ceil(rate * n) labels are noisy; at most as many, for kinds that may draw the true one."""
    rate, noisy = record.cell.noise_rate, corrupted(record)
    chosen, count = rules.count(rate, noisy.size), int(noisy.sum())
    exact = record.experiment.data.noise_kind in ("symmetric", "pairflip")
    yield first_wrong(
        record.examples_file,
        (
            count == chosen if exact else count <= chosen,
            f"{count} of {noisy.size} labels are noisy, rate {rate:g} means {chosen}",
        ),
    )
    for r, row in enumerate(record.rows):
        wrong = _columns(row, {"noise_realised": _mean(noisy)})
        yield first_wrong(record.table, (not wrong, f"round {r}: {wrong}"))


def left_out(record: Record) -> Iterator[str]:
    """As many examples are left out of training as configured, all noisy ones if it is they."""
    algorithm, used = record.algorithm, record.examples["used"]
    expected = record.experiment.left_out(algorithm, record.cell.noise_rate)
    trained = int((used & corrupted(record)).sum()) if algorithm.without == "noisy" else 0
    yield first_wrong(
        record.examples_file,
        (int((~used).sum()) == expected, f"{(~used).sum()} examples are left out, not {expected}"),
        (not trained, f"{trained} noisy examples are trained on"),
    )
    for r, row in enumerate(record.rows):
        wrong = _columns(row, {"train_examples": int(used.sum())})
        yield first_wrong(record.table, (not wrong, f"round {r}: {wrong}"))


def accuracies(record: Record) -> Iterator[str]:
    """Training accuracies are those of examples.npz; NaN where the network diverged.

    On clean examples the given label is the true one, so that noisy_recovered gives
    train_true_accuracy, where none or all of the noisy examples are trained on.
    """
    noisy, used = corrupted(record), record.examples["used"]
    for r, (row, correct) in enumerate(zip(record.rows, record.examples["correct"], strict=True)):
        recovered = row["noisy_recovered"] * int(noisy.sum()) if noisy.any() else 0
        right = int(correct[used & ~noisy].sum()) + (recovered if used[noisy].all() else 0)
        expected = {
            "train_accuracy": _mean(correct[used]),
            "clean_accuracy": _mean(correct[~noisy]),
            "noisy_accuracy": _mean(correct[noisy]),
            "train_true_accuracy": right / used.sum(),
        }
        if used[noisy].any() != used[noisy].all():
            del expected["train_true_accuracy"]
        wrong = _columns(row, dict.fromkeys(expected, math.nan) if row["diverged"] else expected)
        yield first_wrong(record.table, (not wrong, f"round {r}: {wrong}"))


def losses(record: Record) -> Iterator[str]:
    """train_loss is that of examples.npz, and a cell diverged when one is not finite."""
    for r, (row, loss) in enumerate(zip(record.rows, record.examples["train_loss"], strict=True)):
        finite = bool(np.isfinite(loss).all())
        wrong = _columns(row, {"train_loss": _mean(loss[record.examples["used"]])})
        yield first_wrong(
            record.table,
            (not wrong, f"round {r}: {wrong}"),
            (row["diverged"] != finite, f"round {r}: diverged is {row['diverged']}"),
        )


CHECKS: dict[str, Check] = {
    "counts as in the masks": counts,
    "densities as configured": densities,
    "masks nested over rounds": nested,
    "masks of another algorithm": borrowed,
    "excluded layers whole": excluded,
    "pruned parameters exactly 0": params,
    "flags of noisy examples": flags,
    "numbers of noisy labels": noise_counts,
    "examples left out": left_out,
    "accuracies recomputed": accuracies,
    "losses recomputed": losses,
}
"""The checks of one cell with sound files and rounds."""
