"""What is averaged over replicates: EL2N, and how much pruning improves the loss of an example.

Replicates differ in their noisy labels, and both are measures of an example together with its
label. So they are averaged over those replicates that were given the same label for it. That rule
is ours.
"""

import itertools
from pathlib import Path

import numpy as np

from pruning_jax import files
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.workdir import paths


def over_replicates(labels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """For each replicate and example, the mean of `values` over the replicates that were given
    the same label.

    Args:
      labels: int [replicates, n].
      values: float [replicates, n]; NaN is left out.

    Returns:
      float64 [replicates, n]; NaN where nothing is left.
    """
    means = []
    for own in labels:
        counts = (labels == own) & ~np.isnan(values)
        total = np.where(counts, values, 0.0).sum(0, dtype=np.float64)
        none = np.full(len(own), np.nan)
        means.append(np.divide(total, counts.sum(0), out=none, where=counts.any(0)))
    return np.stack(means)


def improvement(
    experiment: Experiment, algorithm: Algorithm, noise_rate: float, workdir: Path
) -> np.ndarray:
    """How much lower the loss of each training example is in round `control_round` than in round 0.

    Returns:
      float64 [seeds, train], in nats; NaN where no replicate with that label reached the round.
    """
    labels, gains = [], []
    for seed in experiment.seeds:
        cell = Cell(algorithm.control_of, noise_rate, seed)
        with np.load(paths.examples(workdir, cell), allow_pickle=False) as examples:
            labels.append(examples["label"])
            losses = examples["train_loss"].astype(np.float64)
        here = len(losses) > algorithm.control_round
        pruned = losses[algorithm.control_round] if here else np.full(losses.shape[1], np.nan)
        gains.append(np.where(np.isfinite(pruned), losses[0] - pruned, np.nan))
    return over_replicates(np.stack(labels), np.stack(gains))


def average_el2n(experiment: Experiment, workdir: Path) -> None:
    """Writes `el2n_mean` into examples.npz of every cell of a finished run.

    It is an average because single networks give noisy scores; its authors average ten (Paul,
    Ganguli, Dziugaite 2021, arXiv 2107.07075).
    """
    algorithms = sorted(experiment.algorithms, key=lambda a: a.variant)
    for _, group in itertools.groupby(algorithms, key=lambda a: a.variant):
        same = list(group)
        for rate in experiment.rates(same[0]):
            if not paths.examples(workdir, Cell(same[0].name, rate, experiment.seeds[0])).exists():
                continue  # a control that cannot run
            own = [_arrays(workdir, Cell(same[0].name, rate, seed)) for seed in experiment.seeds]
            scores = np.stack([np.asarray(a["el2n"], np.float64) for a in own])
            means = over_replicates(np.stack([a["label"] for a in own]), scores)
            for algorithm, (seed, mean) in itertools.product(
                same, zip(experiment.seeds, means.astype(np.float32), strict=True)
            ):
                _add(workdir, Cell(algorithm.name, rate, seed), mean)


def _arrays(workdir: Path, cell: Cell) -> dict[str, np.ndarray]:
    with np.load(paths.examples(workdir, cell), allow_pickle=False) as examples:
        return dict(examples)


def _add(workdir: Path, cell: Cell, mean: np.ndarray) -> None:
    """Adds el2n_mean to the arrays of a cell, unless it is there already."""
    files.remove_partial(paths.cell(workdir, cell))
    arrays = _arrays(workdir, cell)
    if not np.array_equal(arrays.get("el2n_mean", np.empty(0)), mean, equal_nan=True):
        arrays["el2n_mean"] = mean
        path = paths.examples(workdir, cell)
        files.replace(path, lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]
