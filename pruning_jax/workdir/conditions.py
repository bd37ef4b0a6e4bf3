"""What each cell of a run is while processes work on it: finished, running, waiting and so on."""

from collections.abc import Sequence
from pathlib import Path

from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.workdir import locks, paths, presence
from pruning_jax.workdir.cellfiles import ended_in, nothing_left
from pruning_jax.workdir.decided import Decision, decision
from pruning_jax.workdir.forecast import Rows

FINISHED, IMPOSSIBLE, RUNNING, WAITING, FAILED, OPEN = STATES = (
    *("finished", "cannot run", "running", "waiting", "failed", "open"),
)
"""What a cell may be: it cannot run where all cells that decide its examples diverged, and is
`waiting` for them before; `failed` with an error the last time; `open` where nobody works on it
yet."""


def found(
    experiment: Experiment,
    workdir: Path,
    rows: Rows,
    processes: Sequence[presence.Process],
    failed: set[int],
) -> dict[Cell, str]:
    """What each cell of a run is.

    Args:
      experiment: what the run was asked for.
      workdir: where it is.
      rows: the rows of its cells.
      processes: those that are at work.
      failed: the cells that ended with an error the last time, by their places in the grid.

    Raises:
      WrongUse: the locks cannot be looked at.
    """
    every, held = experiment.cells, _held(workdir, len(experiment.cells))
    waiting = {
        n for process in processes if process.doing == presence.WAITING for n in process.cells
    }
    states = {}
    for number, cell in enumerate(every):
        algorithm = experiment.algorithm(cell.algorithm)
        decided = decision(experiment, algorithm, cell.noise_rate, lambda c: rows.get(c, []))
        if _finished(experiment, cell, rows):
            states[cell] = FINISHED
        elif decided is Decision.NEVER:
            states[cell] = IMPOSSIBLE
        elif number in held and number not in waiting:
            states[cell] = RUNNING
        elif decided is Decision.OPEN:
            states[cell] = WAITING
        else:
            states[cell] = FAILED if number in failed else OPEN
    return states


def _finished(experiment: Experiment, cell: Cell, rows: Rows) -> bool:
    """Whether nothing is left to do of a cell."""
    algorithm = experiment.algorithm(cell.algorithm)
    own = ended_in(algorithm, rows.get(cell, []))
    if not algorithm.masks_from:
        return nothing_left(own)
    giver = cell._replace(algorithm=algorithm.masks_from)
    return nothing_left(own, ended_in(experiment.algorithm(giver.algorithm), rows.get(giver, [])))


def _held(workdir: Path, count: int) -> set[int]:
    """The cells that processes hold."""
    try:
        return locks.byte_locks(paths.cells_lock(workdir), writes=False).held(count)
    except FileNotFoundError:
        return set()
