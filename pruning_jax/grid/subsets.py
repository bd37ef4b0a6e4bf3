"""Which examples an algorithm is trained on.

TIE are the top-improved examples, whose training loss pruning improves most (Jin et al. 2022, arXiv
2210.13738). How many they are is our decision.
"""

from pathlib import Path

import jax
import numpy as np

from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.grid import averages
from pruning_jax.grid.groups import Base, Labels
from pruning_jax.training.streams import Stream, stream
from pruning_jax.workdir import cellfiles


def ready(experiment: Experiment, algorithm: Algorithm, noise_rate: float, workdir: Path) -> bool:
    """Whether everything is computed that decides an algorithm's examples.

    Where every replicate diverged before the deciding round, it never will be.
    """
    if algorithm.without != "top_improved":
        return True
    source = experiment.algorithm(algorithm.control_of)
    names = [name for name in (source.name, source.masks_from) if name]
    cells = [Cell(name, noise_rate, seed) for name in names for seed in experiment.seeds]
    files = {cell: cellfiles.CellFiles(workdir, cell) for cell in cells}
    own = [cell for cell in cells if cell.algorithm == source.name]
    reached = any(files[cell].has(algorithm.control_round) for cell in own)
    return reached and all(cellfiles.finished(files, cell, experiment.algorithm) for cell in own)


def used(
    experiment: Experiment, algorithm: Algorithm, base: Base, labels: Labels, workdir: Path
) -> np.ndarray:
    """Whether each training example is trained on, bool [train]."""
    size = len(labels.chosen)
    count = experiment.left_out(algorithm, base.noise_rate)
    if algorithm.without == "noisy":
        return ~labels.chosen
    if algorithm.without == "random":
        key = stream(jax.random.key(base.seed), Stream.REMOVAL, algorithm.control_round)
        return np.asarray(jax.random.permutation(key, size)) >= count
    if algorithm.without == "top_improved":
        gains = averages.improvement(experiment, algorithm, base.noise_rate, workdir)
        own = gains[experiment.seeds.index(base.seed)]
        first = np.argsort(-own, kind="stable")[:count]  # ties by place; NaN comes last
        return ~np.isin(np.arange(size), first)
    return np.ones(size, bool)
