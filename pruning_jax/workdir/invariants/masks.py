"""What must hold for the masks of a cell."""

from collections.abc import Iterator
from math import lgamma, log

import numpy as np

from pruning_jax.files import Arrays
from pruning_jax.workdir import recorded
from pruning_jax.workdir.damage import Damaged
from pruning_jax.workdir.invariants import layers
from pruning_jax.workdir.invariants.agreement import Check, columns, first_wrong
from pruning_jax.workdir.recorded import Record


def _remaining(mask: Arrays) -> int:
    """How many weights a mask leaves."""
    return sum(int(np.count_nonzero(layer)) for layer in mask.values())


def _total(mask: Arrays) -> int:
    """How many weights can be pruned."""
    return sum(layer.size for layer in mask.values())


def counts(record: Record) -> Iterator[str]:
    """weights_total, weights_remaining and density are those of the mask."""
    for r, (row, mask) in enumerate(zip(record.rows, record.masks, strict=True)):
        total, left = _total(mask), _remaining(mask)
        expected = {"weights_total": total, "weights_remaining": left, "density": left / total}
        wrong = columns(row, expected)
        yield first_wrong(record.rounds_file, (not wrong, f"round {r}: {wrong}"))


def densities(record: Record) -> Iterator[str]:
    """round(total * density) weights remain, the density as configured."""
    for r, mask in enumerate(record.masks):
        density = record.algorithm.densities[r]
        keep = round(_total(mask) * density)
        left = _remaining(mask)
        message = f"{left} weights remain, but density {density:.4g} leaves {keep}"
        yield first_wrong(record.mask_file(r), (left == keep, message))


def layerwise(record: Record) -> Iterator[str]:
    """Each layer keeps its share of a density, where every layer gets the same."""
    a = record.algorithm
    for r, mask in enumerate(record.masks if a.scope == "layerwise" and not a.masks_from else []):
        wanted = layers.kept_per_layer(mask, a.exclude, a.densities[r])
        left = {name: int(np.count_nonzero(mask[name])) for name in wanted}
        differ = [f"{left[n]} of {n}, not {wanted[n]}" for n in wanted if left[n] != wanted[n]]
        message = f"weights remain of layers that keep others: {', '.join(differ)}"
        yield first_wrong(record.mask_file(r), (not differ, message))


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
        path = theirs.mask_file(r)
        try:
            source = recorded.mask(path, _total(mask), mask)
        except Damaged:
            return  # the checks of the other cell say so
        same = np.count_nonzero if a.shuffle else np.asarray
        differ = [n for n in mask if not np.array_equal(same(mask[n]), same(source[n]))]
        what = "should have as many weights as in" if a.shuffle else "should be as in"
        equal = a.shuffle and all(np.array_equal(mask[n], source[n]) for n in mask)
        yield first_wrong(
            record.mask_file(r),
            (not differ, f"{', '.join(differ)} {what} {path}"),
            (not equal or _orders(mask) < CHANCE, f"should be shuffled, but is as in {path}"),
        )


CHANCE = 64.0
"""Masks that agree by chance less often than once in 2 to this are no accident."""


def _orders(mask: Arrays) -> float:
    """The logarithm to the base 2 of how many masks have as many weights in every layer."""
    logs = 0.0
    for layer in mask.values():
        size, kept = layer.size, int(np.count_nonzero(layer))
        logs += lgamma(size + 1) - lgamma(kept + 1) - lgamma(size - kept + 1)
    return logs / log(2)


def excluded(record: Record) -> Iterator[str]:
    """Layers that the configuration excludes are whole."""
    a = record.algorithm
    for r, mask in enumerate(record.masks if a.exclude and not a.masks_from else []):
        pruned = [
            name
            for name, layer in mask.items()
            if not layer.all() and layers.excluded(name, a.exclude)
        ]
        message = f"{', '.join(pruned)} should be whole, because pruning excludes it"
        yield first_wrong(record.mask_file(r), (not pruned, message))


CHECKS: dict[str, Check] = {
    "weights are counted as in the masks": counts,
    "densities are as asked for": densities,
    "layers keep their share": layerwise,
    "no pruned weight returns": nested,
    "masks are those of their source": borrowed,
    "excluded layers are whole": excluded,
}
"""These checks by what they find to be so."""
