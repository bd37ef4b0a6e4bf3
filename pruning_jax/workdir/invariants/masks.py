"""What must hold for the masks and the saved parameters of a cell."""

from collections.abc import Iterator

import numpy as np

from pruning_jax.experiment import rules
from pruning_jax.files import Arrays
from pruning_jax.workdir import paths, recorded
from pruning_jax.workdir.invariants.agreement import Check, columns, first_wrong
from pruning_jax.workdir.recorded import Damaged, Record


def _remaining(mask: Arrays) -> int:
    """How many weights a mask leaves."""
    return sum(int(np.count_nonzero(layer)) for layer in mask.values())


def counts(record: Record) -> Iterator[str]:
    """weights_total, weights_remaining and density are those of the mask."""
    for r, (row, mask) in enumerate(zip(record.rows, record.masks, strict=True)):
        total, left = sum(layer.size for layer in mask.values()), _remaining(mask)
        expected = {"weights_total": total, "weights_remaining": left, "density": left / total}
        wrong = columns(row, expected)
        yield first_wrong(record.rounds_file, (not wrong, f"round {r}: {wrong}"))


def densities(record: Record) -> Iterator[str]:
    """round(total * density) weights remain, the density as configured."""
    for r, mask in enumerate(record.masks):
        density = record.algorithm.densities[r]
        keep = round(sum(layer.size for layer in mask.values()) * density)
        left = _remaining(mask)
        message = f"{left} weights remain, but density {density:.4g} leaves {keep}"
        yield first_wrong(record.mask_file(r), (left == keep, message))


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
        yield first_wrong(record.mask_file(r), (not where, message))


def borrowed(record: Record) -> Iterator[str]:
    """Masks taken from another algorithm are its own; shuffled, they have its counts per layer."""
    a = record.algorithm
    theirs = record._replace(cell=record.cell._replace(algorithm=a.masks_from))
    for r, mask in enumerate(record.masks if a.masks_from else []):
        try:
            source = recorded.mask(theirs.mask_file(r), mask)
        except Damaged:
            return  # the checks of the other cell say so
        same = np.count_nonzero if a.shuffle else np.asarray
        differ = [n for n in mask if not np.array_equal(same(mask[n]), same(source[n]))]
        what = "should have as many weights as in" if a.shuffle else "should be as in"
        message = f"{', '.join(differ)} {what} {theirs.mask_file(r)}"
        yield first_wrong(record.mask_file(r), (not differ, message))


def excluded(record: Record) -> Iterator[str]:
    """Layers that the configuration excludes are whole."""
    a = record.algorithm
    for r, mask in enumerate(record.masks if a.exclude and not a.masks_from else []):
        pruned = [
            name
            for name, layer in mask.items()
            if not layer.all() and any(rules.matches(name, pattern) for pattern in a.exclude)
        ]
        message = f"{', '.join(pruned)} should be whole, because pruning excludes it"
        yield first_wrong(record.mask_file(r), (not pruned, message))


def params(record: Record) -> Iterator[str]:
    """Saved weights are exactly 0 where the mask has pruned them."""
    for r, mask in enumerate(record.masks if record.experiment.save_params else []):
        path = paths.params(record.workdir, record.cell, r)
        try:
            saved = recorded.arrays(path)
        except Damaged as error:
            yield str(error)
            continue
        other = [n for n in mask if n not in saved or saved[n].shape != mask[n].shape]
        alive = [n for n in mask if n not in other and np.any(saved[n][~mask[n]] != 0)]
        yield first_wrong(
            path,
            (not other, f"there is no array {', '.join(other)} of the shape that the mask has"),
            (not alive, f"pruned weights in {', '.join(alive)} are not 0"),
        )


CHECKS: dict[str, Check] = {
    "weights are counted as in the masks": counts,
    "densities are as asked for": densities,
    "no pruned weight returns": nested,
    "masks are those of their source": borrowed,
    "excluded layers are whole": excluded,
    "pruned parameters are exactly 0": params,
}
"""These checks by what they find to be so."""
