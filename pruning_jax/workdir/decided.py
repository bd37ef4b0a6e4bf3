"""Whether the examples that some controls do without are decided.

Top-improved examples are decided by other cells: those whose loss pruning improves most. Until
these cells are finished, the control waits. It cannot run at all if every one of them diverged
before the round that decides.
"""

from collections.abc import Callable, Sequence
from enum import Enum

from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.workdir.cellfiles import ended_in, nothing_left
from pruning_jax.workdir.columns import Row


class Decision(Enum):
    """Whether it is decided which examples a control does without."""

    MADE = "made"
    OPEN = "open"
    NEVER = "never"


def deciders(experiment: Experiment, algorithm: Algorithm, noise_rate: float) -> list[Cell]:
    """The cells that decide which examples an algorithm does without; none for most."""
    if algorithm.without != "top_improved":
        return []
    return [Cell(algorithm.control_of, noise_rate, seed) for seed in experiment.seeds]


def decision(
    experiment: Experiment,
    algorithm: Algorithm,
    noise_rate: float,
    rows: Callable[[Cell], Sequence[Row]],
) -> Decision:
    """Whether everything is computed that decides an algorithm's examples.

    Args:
      rows: gives the complete rounds of a cell, in their order.
    """
    reached = not (own := deciders(experiment, algorithm, noise_rate))
    for cell in own:
        source = experiment.algorithm(cell.algorithm)
        found, theirs = rows(cell), ()
        if source.masks_from:
            giver = experiment.algorithm(source.masks_from)
            theirs = ended_in(giver, rows(cell._replace(algorithm=giver.name)))
        if not nothing_left(ended_in(source, found), theirs):
            return Decision.OPEN
        reached = reached or len(found) > algorithm.control_round
    return Decision.MADE if reached else Decision.NEVER


def cannot_run(experiment: Experiment, cell: Cell, rows: Callable[[Cell], Sequence[Row]]) -> bool:
    """Whether a cell is one that never can be computed, because its examples are never decided."""
    algorithm = experiment.algorithm(cell.algorithm)
    return decision(experiment, algorithm, cell.noise_rate, rows) is Decision.NEVER
