"""What follows from several seeds together: the mean of EL2N, and the top-improved examples.

Both are measures of an example with its label, and are averaged over the seeds that gave it the
same label. This is written for itself, from the documents; it shares no code with what averages.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Cell
from pruning_jax.files import Arrays
from pruning_jax.workdir import bounds, paths, recorded
from pruning_jax.workdir.columns import Row
from pruning_jax.workdir.damage import Damaged
from pruning_jax.workdir.invariants.agreement import first_wrong
from pruning_jax.workdir.invariants.shared import Reference, sum_of_array
from pruning_jax.workdir.recorded import Record


def mean(labels: Sequence[np.ndarray], values: Sequence[np.ndarray], own: int) -> np.ndarray:
    """For each example the mean of the values of those seeds whose label is that of seed `own`.

    Args:
      labels: of each seed, int [n].
      values: of each seed, float64 [n]; NaN is left out.
      own: which seed.

    Returns:
      float64 [n]; NaN where nothing is left.
    """
    total, count = np.zeros(len(values[own])), np.zeros(len(values[own]), int)
    for label, value in zip(labels, values, strict=True):
        counts = (label == labels[own]) & ~np.isnan(value)
        total[counts] += value[counts]
        count += counts
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def el2n(families: Iterable[Sequence[Sequence[Reference]]], whole: bool) -> Iterator[str]:
    """el2n_mean is the mean over seeds, where it is there; in a whole run it is.

    Args:
      families: for each variant and noise rate, for each seed that has any, the cells that share
        round 0; the first of them with its arrays.
      whole: whether all cells are finished and sound.
    """
    for unordered in families:
        seeds = unordered[0][0].record.experiment.seeds
        if len(unordered) < len(seeds):
            continue  # a seed is missing
        family = sorted(unordered, key=lambda same: seeds.index(same[0].record.cell.seed))
        arrays = [same[0].record.examples for same in family]
        labels = [own["label"] for own in arrays]
        values = [own["el2n"].astype(np.float64) for own in arrays]
        for i, same in enumerate(family):
            expected = sum_of_array(mean(labels, values, i).astype(np.float32))
            for one in same:
                missing = not one.mean
                yield first_wrong(
                    one.file,
                    (not missing or not whole, "el2n_mean is missing"),
                    (
                        missing or one.mean == expected,
                        "el2n_mean is not the mean over the seeds with the same label",
                    ),
                )


def removed(references: Sequence[Reference], sound: dict[Cell, list[Row]]) -> Iterator[str]:
    """The examples left out as top-improved are those whose loss pruning improves most, by the
    files of the cells that decide it."""
    kinds: dict[tuple[str, float], list[Reference]] = {}
    for one in references:
        if one.record.algorithm.without == "top_improved":
            cell = one.record.cell
            kinds.setdefault((cell.algorithm, cell.noise_rate), []).append(one)
    for group in kinds.values():
        record = group[0].record
        cells = [
            Cell(record.algorithm.control_of, record.cell.noise_rate, seed)
            for seed in record.experiment.seeds
        ]
        if not all(cell in sound for cell in cells):
            continue
        try:
            found = [_improvement(record, record.algorithm, cell, sound[cell]) for cell in cells]
        except Damaged:
            continue  # the checks of these cells say so
        labels, gains = [own["label"] for own in found], [own["gain"] for own in found]
        for one in group:
            seed = record.experiment.seeds.index(one.record.cell.seed)
            expected = _without_top(one.record, mean(labels, gains, seed))
            differ = int((expected != one.record.examples["used"]).sum())
            message = f"used is wrong for {differ} examples, by what {cells[seed].folder} improves"
            yield first_wrong(one.file, (not differ, message))


def _improvement(record: Record, algorithm: Algorithm, cell: Cell, rows: list[Row]) -> Arrays:
    """The labels of a deciding cell, and how much lower each loss is in the deciding round than in
    round 0; NaN where the cell never came to it."""
    experiment, count = record.experiment, len(rows)
    size = experiment.recipe.train_size
    path, most = paths.examples(record.workdir, cell), bounds.examples(size, count + 1)
    found = recorded.examples(path, most, size, count)
    losses = found["train_loss"].astype(np.float64)
    gain = np.full(size, np.nan)
    if len(losses) > algorithm.control_round:
        pruned = losses[algorithm.control_round]
        gain = np.where(np.isfinite(pruned), losses[0] - pruned, np.nan)
    return {"label": found["label"], "gain": gain}


def _without_top(record: Record, gains: np.ndarray) -> np.ndarray:
    """Whether each example is trained on: all but the most improved; ties by place, NaN last."""
    count = record.experiment.left_out(record.algorithm, record.cell.noise_rate)
    used = np.ones(gains.size, bool)
    known = np.flatnonzero(~np.isnan(gains))
    order = [*known[np.argsort(-gains[known], kind="stable")], *np.flatnonzero(np.isnan(gains))]
    used[np.asarray(order[:count], int)] = False
    return used
