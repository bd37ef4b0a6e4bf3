"""That the criterion decided: masks computed again from the parameters that they were made from."""

from collections.abc import Callable, Iterator

import numpy as np

from pruning_jax.files import Arrays
from pruning_jax.workdir.damage import Damaged
from pruning_jax.workdir.invariants import layers
from pruning_jax.workdir.invariants.agreement import Check, first_wrong
from pruning_jax.workdir.recorded import Record

SCORES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "magnitude": lambda weights, _: np.abs(weights),
    "inverse_magnitude": lambda weights, _: -np.abs(weights),
    "movement": lambda weights, anchor: np.abs(weights - anchor),
}
"""The criteria that look at nothing but the weights, and those that are rewound to."""

MOST, LEAST = np.finfo(np.float32).max, np.finfo(np.float32).tiny


def decided(record: Record) -> Iterator[str]:
    """The mask of a round is the one that the criterion makes of the round before, or of round 0
    where all is pruned in one shot. Where the density stays as it is, so does the mask.

    In how many steps a round prunes is of no matter here: these scores are the same in every step.
    """
    a = record.algorithm
    for r in range(1, 0 if a.masks_from else len(record.masks)):
        before = record.masks[record.before(r)]
        stays = a.densities[r] == a.densities[record.before(r)]
        if stays:
            yield _compared(record, r, [before], "should stay as before, as the density does")
        elif a.criterion in SCORES and record.experiment.save_params:
            source = record.params_file(record.before(r))
            try:
                made = _made(record, r, before)
            except Damaged:
                return  # the checks of parameters say so
            yield _compared(
                record, r, made, f"should be those that {a.criterion} keeps of {source}"
            )


def _compared(record: Record, round_: int, allowed: list[Arrays], says: str) -> str:
    """How the mask of a round differs from all that it may be, or "".

    Masks that are shuffled afterwards have only the counts of each layer in common with it.
    """
    mask, shuffled = record.masks[round_], record.algorithm.shuffle
    same = np.count_nonzero if shuffled else np.asarray
    differ = [
        [n for n in mask if not np.array_equal(same(mask[n]), same(other[n]))] for other in allowed
    ]
    count = sum(int((mask[n] != allowed[0][n]).sum()) for n in mask)
    message = f"{count} weights in {', '.join(differ[0])} {says}"
    return first_wrong(record.mask_file(round_), (not all(differ), message))


def _made(record: Record, round_: int, before: Arrays) -> list[Arrays]:
    """The masks that the criterion may have made: some processors take the smallest numbers of all,
    which have no leading digit, for 0, and others do not."""
    a = record.algorithm
    weights = record.network(record.before(round_)).params
    anchor = record.anchor().params if a.criterion == "movement" else weights
    scores = {n: SCORES[a.criterion](weights[n], anchor[n]) for n in before}
    flushed = {n: np.where(np.abs(own) < LEAST, np.float32(0), own) for n, own in scores.items()}
    density = a.densities[round_]
    return [top(record, own, before, density) for own in (scores, flushed)]


def top(record: Record, scores: Arrays, before: Arrays, density: float) -> Arrays:
    """The mask that scores make of the one before, by the scope and the exclusions of a cell."""
    a = record.algorithm
    final = {
        name: np.full(own.shape, np.inf, np.float32)
        if layers.excluded(name, a.exclude)
        else np.minimum(own, MOST)
        for name, own in scores.items()
    }
    if a.scope == "global":
        keep = round(sum(layer.size for layer in before.values()) * density)
        return layers.best(final, before, keep)
    keeps, made = layers.kept_per_layer(before, a.exclude, density), Arrays()
    for name, keep in keeps.items():
        made |= layers.best({name: final[name]}, {name: before[name]}, keep)
    return made


def unknown(record: Record) -> Iterator[str]:
    """Why it cannot be known from the files whether the criterion decided."""
    a = record.algorithm
    if a.masks_from or len({*a.densities}) == 1:
        return
    if a.criterion not in SCORES:
        yield f"that {a.criterion} decided the masks of {a.name}: this criterion needs --deep"
    elif not record.experiment.save_params:
        yield f"that {a.criterion} decided the masks of {a.name}: the run saves no parameters"


CHECKS: dict[str, Check] = {"masks are those of the criterion": decided}
"""This check by what it finds to be so."""
