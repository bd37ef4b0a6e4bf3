"""A whole run against its invariants: cell by cell, then what cells have in common."""

from pathlib import Path
from typing import NamedTuple, TypeAlias

from pruning_jax.errors import said
from pruning_jax.experiment import record as experiments
from pruning_jax.experiment.cells import Cell
from pruning_jax.workdir import paths, recorded
from pruning_jax.workdir.cellfiles import ended_in, nothing_left
from pruning_jax.workdir.invariants import across, examples, masks, rounds
from pruning_jax.workdir.invariants.across import Reference
from pruning_jax.workdir.recorded import Damaged, Described, Rows

CHECKS = {**masks.CHECKS, **examples.CHECKS}
"""The checks of one cell whose files can be read and whose rounds are in order."""

CONFIG, FILES = "config.json fits its hash", "all files can be read"
ROUNDS = "rounds follow one another"
SHARED, NESTED = "labels and round 0 are shared", "noise is nested over its rates"
UNION = "the union has the rows of the cells"

Base: TypeAlias = tuple[tuple[float, str, str, int], float, int]
"""What cells that share labels and round 0 have in common: variant, noise rate, seed."""


class Findings(NamedTuple):
    """What came out: for each kind of check, of each thing, what is wrong with it or ""."""

    found: dict[str, list[str]]
    cells: int
    complete: int

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not any(any(messages) for messages in self.found.values())


def examine(workdir: Path) -> Findings:
    """The findings of all checks on a workdir.

    A cell with something wrong in its files or its rounds takes part in no later check, because
    these would only say the same again in other words.
    """
    found: dict[str, list[str]] = {CONFIG: []}
    try:
        described = recorded.described(workdir)
    except Damaged as error:
        return Findings({CONFIG: [str(error)]}, 0, 0)
    experiment, actual = described.experiment, experiments.digest(described.experiment)
    message = (
        f"{paths.config(workdir)}: the hash in it is {described.digest}, but that of its "
        f"experiment is {actual}"
    )
    found[CONFIG] = [message if described.digest != actual else ""]
    found |= {name: [] for name in (FILES, ROUNDS, *CHECKS, SHARED, NESTED, UNION)}
    found[FILES] += recorded.foreign(workdir, experiment)
    tables: dict[Cell, Rows] = {}
    references: dict[Base, Reference] = {}
    for cell in experiment.cells:
        try:
            rows = _cell(workdir, described, cell, found, references)
        except Exception as error:  # a foreign file may lead to any error
            found[FILES].append(f"{paths.cell(workdir, cell)} cannot be checked: {said(error)}")
        else:
            tables |= {} if rows is None else {cell: rows}
    complete = _complete(described, tables)
    found[NESTED] += across.noise_nested(list(references.values()))
    whole = complete == len(experiment.cells)
    found[UNION] += across.union(paths.union(workdir), experiment, tables, whole)
    return Findings(found, len(experiment.cells), complete)


def _cell(
    workdir: Path,
    described: Described,
    cell: Cell,
    found: dict[str, list[str]],
    references: dict[Base, Reference],
) -> Rows | None:
    """The rows of a cell; what its checks find is added to `found`.

    There are no rows if it has not begun; None says that its files or rounds are wrong.
    """
    record, files = recorded.read(workdir, described, cell)
    found[FILES] += files
    if record is None:
        return None if files else []
    order = list(rounds.in_order(record))
    found[ROUNDS] += order
    if any(order):
        return None
    for name, check in CHECKS.items():
        found[name] += check(record)
    base = (record.algorithm.variant, cell.noise_rate, cell.seed)
    first = references.setdefault(base, Reference.of(record))
    if first.record.cell != cell:
        found[SHARED].append(first.compare(record))
    return record.rows


def _complete(described: Described, tables: dict[Cell, Rows]) -> int:
    """How many cells are finished and sound."""
    experiment = described.experiment
    ended = {c: ended_in(experiment.algorithm(c.algorithm), rows) for c, rows in tables.items()}
    count = 0
    for cell in experiment.cells:
        giver = cell._replace(algorithm=experiment.algorithm(cell.algorithm).masks_from)
        count += nothing_left(ended.get(cell, []), ended.get(giver, []))
    return count
