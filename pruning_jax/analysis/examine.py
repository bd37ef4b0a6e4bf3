"""A whole run against its invariants: cell by cell, then what cells have in common."""

from pathlib import Path
from typing import NamedTuple

from pruning_jax import experiment as experiments
from pruning_jax.analysis import across, invariants, recorded
from pruning_jax.analysis.across import Base
from pruning_jax.analysis.recorded import Damaged, Rows
from pruning_jax.experiment import Cell, Experiment

CONFIG, FILES, ROUNDS = "configuration and its hash", "files whole", "rounds without gaps"
SHARED, NESTED = "labels and round 0 shared", "noise nested over rates"
UNION = "union of all rows"


class Findings(NamedTuple):
    """What came out: for each kind of check, of each thing, what is wrong with it or ""."""

    found: dict[str, list[str]]
    cells: int
    complete: int

    @property
    def holds(self) -> bool:
        return not any(any(messages) for messages in self.found.values())


def examine(workdir: Path) -> Findings:
    """The findings of all checks on a workdir. A cell with something wrong in its files or
    its rounds takes part in no later check."""
    found: dict[str, list[str]] = {CONFIG: []}
    try:
        experiment, digest = recorded.experiment(workdir)
    except Damaged as error:
        return Findings({CONFIG: [str(error)]}, 0, 0)
    actual = experiments.digest(experiment)
    message = f"{workdir / 'config.json'}: the hash is {digest}, its content has {actual}"
    found[CONFIG] = [message if digest != actual else ""]
    order = (FILES, ROUNDS, *invariants.CHECKS, SHARED, NESTED, UNION)
    found |= {name: [] for name in order}
    found[FILES] += recorded.foreign(workdir, experiment)
    tables: dict[Cell, Rows] = {}
    bases: dict[tuple, Base] = {}
    for cell in experiment.cells:
        try:
            rows = _cell(workdir, experiment, cell, found, bases)
        except Exception as error:  # whatever a foreign file leads to
            message = f"{workdir / cell.folder} cannot be checked: {type(error).__name__}: {error}"
            found[FILES].append(" ".join(message.split()))
        else:
            tables |= {} if rows is None else {cell: rows}
    complete = sum(_complete(experiment, tables, cell) for cell in experiment.cells)
    found[NESTED] += across.noise_nested(list(bases.values()))
    whole = complete == len(experiment.cells)
    found[UNION] += across.union(workdir / "rounds.parquet", experiment, tables, whole)
    return Findings(found, len(experiment.cells), complete)


def _cell(
    workdir: Path,
    experiment: Experiment,
    cell: Cell,
    found: dict[str, list[str]],
    bases: dict[tuple, Base],
) -> Rows | None:
    """The rows of a cell, none if it has not begun, None if its files or rounds are wrong;
    what its checks find is added to `found`."""
    record, files = recorded.read(workdir, experiment, cell)
    found[FILES] += files
    if record is None:
        return None if files else []
    rounds = list(invariants.rounds(record))
    found[ROUNDS] += rounds
    if any(rounds):
        return None
    for name, check in invariants.CHECKS.items():
        found[name] += check(record)
    first = bases.setdefault((record.algorithm.variant, *cell[1:]), Base.of(record))
    if first.record.cell != cell:
        found[SHARED].append(first.compare(record))
    return record.rows


def _complete(experiment: Experiment, tables: dict[Cell, Rows], cell: Cell) -> bool:
    """Whether a cell has all its rounds, or ended as it or the giver of its masks diverged."""
    algorithm, rows = experiment.algorithm(cell.algorithm), tables.get(cell, [])
    giver = tables.get(cell._replace(algorithm=algorithm.masks_from), [])
    ended = [part[-1]["diverged"] for part in (rows, giver[: len(rows)]) if part]
    return len(rows) > algorithm.rounds or any(ended)
