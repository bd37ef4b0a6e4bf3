"""A whole run against its invariants: cell by cell, then what cells have in common."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

from pruning_jax.errors import printable, said
from pruning_jax.experiment import record as experiments
from pruning_jax.experiment.cells import Cell
from pruning_jax.workdir import described as configuration
from pruning_jax.workdir import given, manifest, paths, recorded
from pruning_jax.workdir.cellfiles import ended_in, nothing_left
from pruning_jax.workdir.damage import Damaged
from pruning_jax.workdir.decided import cannot_run
from pruning_jax.workdir.described import Described
from pruning_jax.workdir.invariants import (
    averaged,
    criterion,
    examples,
    masks,
    params,
    ranges,
    rounds,
    shared,
    states,
    strays,
    sums,
    union,
)
from pruning_jax.workdir.invariants import configuration as columns
from pruning_jax.workdir.invariants.agreement import Check
from pruning_jax.workdir.invariants.shared import Reference
from pruning_jax.workdir.recorded import Record
from pruning_jax.workdir.tables import Rows

CHECKS = {
    **columns.CHECKS,
    **masks.CHECKS,
    **params.CHECKS,
    **criterion.CHECKS,
    **states.CHECKS,
    **examples.CHECKS,
    **ranges.CHECKS,
}
"""The checks of one cell whose files can be read and whose rounds are in order."""

CONFIG, STRAYS = "config.json fits its hash", "nothing else lies here"
FILES, ROUNDS = "all files can be read", "rounds follow one another"
(SUMS,) = sums.CHECKS
DATA, SHARED = "images are the same everywhere", "labels and round 0 are shared"
NESTED, APART = "noise is nested over its rates", "networks are as their seeds"
EL2N, REMOVED = "EL2N is averaged over seeds", "top-improved examples are left out"
UNION = "the union has the rows of the cells"

Base: TypeAlias = tuple[tuple[float, str, str, int], float, int]
"""What cells that share labels and round 0 have in common: variant, noise rate, seed."""


class Findings(NamedTuple):
    """What came out: for each kind of check, of each thing, what is wrong with it or "".

    Printed, it is a page: a line for each kind of check, and one for each thing that is wrong.
    """

    found: dict[str, list[str]]  # by what is checked
    cells: int  # of the grid
    complete: int  # how many cells are finished and sound
    sum: str = ""  # of the run, by the last entries of its manifests; "" if nothing has begun
    unknown: tuple[str, ...] = ()  # what the files cannot prove, a line each

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not any(any(messages) for messages in self.found.values())

    @property
    def finished(self) -> bool:
        """Whether all cells are finished and sound."""
        return self.holds and self.complete == self.cells > 0

    def __repr__(self) -> str:
        lines = []
        for name, messages in self.found.items():
            wrong = [f"  {message}" for message in messages if message]
            verdict = f"{len(wrong)} WRONG" if wrong else "ok" if messages else "nothing to check"
            lines += [f"{name:<36} {len(messages):>7}  {verdict}", *wrong]
        lines += [f"not known: {line}" for line in self.unknown]
        if self.complete < self.cells:
            lines.append(f"{self.complete} of {self.cells} cells are finished and sound")
        if self.sum:
            lines.append(f"the sum of the run is {self.sum}")
        return "\n".join(lines)


@dataclass
class Examination:
    """What an examination has found so far, and what it keeps of the cells that it has seen."""

    workdir: Path
    described: Described
    found: dict[str, list[str]]
    tables: dict[Cell, Rows] = field(default_factory=dict)
    bases: dict[Base, list[Reference]] = field(default_factory=dict)
    last: dict[Cell, str] = field(default_factory=dict)  # the sums of the last entries
    unknown: dict[str, None] = field(default_factory=dict)

    def add(self, name: str, messages: Iterable[str]) -> None:
        """Adds what a check finds; a line of it can be printed as it is."""
        self.found[name] += map(printable, messages)


class Deep(NamedTuple):
    """Checks of a cell that need more than its files."""

    checks: dict[str, Check]  # by what they find to be so
    unknown: Check  # what cannot be known even so of the masks


def examine(workdir: Path, deep: Deep | None = None) -> Findings:
    """The findings of all checks on a workdir.

    A cell with something wrong in its files or its rounds takes part in no later check, because
    these would only say the same again in other words.

    Args:
      workdir: the directory of the run.
      deep: checks that need more than the files, if they are to be made.

    Raises:
      WrongUse: there is no run.
    """
    given.run(workdir)
    try:
        described = configuration.described(workdir)
    except Damaged as error:
        return Findings({CONFIG: [str(error)]}, 0, 0)
    checks = CHECKS | (deep.checks if deep else {})
    notes = (deep.unknown if deep else criterion.unknown, states.unknown)
    names = (STRAYS, FILES, ROUNDS, SUMS, *checks, DATA, SHARED, NESTED, APART, EL2N, REMOVED)
    found: dict[str, list[str]] = {name: [] for name in (CONFIG, *names, UNION)}
    now = Examination(workdir, described, found)
    now.add(CONFIG, [_hashed(workdir, described)])
    for cell in described.experiment.cells:
        try:
            _cell(now, cell, checks, notes)
        except Exception as error:  # a foreign file may lead to any error
            now.add(FILES, [f"{paths.cell(workdir, cell)} cannot be checked: {said(error)}"])
    complete = _complete(now)
    _across(now, complete == len(described.experiment.cells))
    total = manifest.sum_of_run(described.digest, now.last.items()) if now.last else ""
    return Findings(found, len(described.experiment.cells), complete, total, tuple(now.unknown))


def _hashed(workdir: Path, described: Described) -> str:
    """How the hash in config.json is not that of its experiment, or ""."""
    actual = experiments.digest(described.experiment)
    return (
        ""
        if described.digest == actual
        else (
            f"{paths.config(workdir)}: the hash in it is {described.digest}, but that of its "
            f"experiment is {actual}"
        )
    )


def _cell(now: Examination, cell: Cell, checks: dict[str, Check], notes: tuple[Check, ...]) -> None:
    """Checks a cell; its rows are kept if it has none yet, or nothing is wrong with their order."""
    record, files = recorded.read(now.workdir, now.described, cell)
    now.add(FILES, files)
    if record is None:
        now.tables |= {} if files else {cell: []}
        return
    if record.entries:
        now.last[cell] = record.entries[-1].sum
    order = list(rounds.in_order(record))
    now.add(ROUNDS, order)
    now.add(SUMS, sums.unedited(record))
    if any(order) or len(record.entries) < len(record.rows):
        return
    for name, check in checks.items():
        now.add(name, check(record))
    for note in notes:
        now.unknown |= dict.fromkeys(map(printable, note(record)))
    _share(now, record)
    now.tables[cell] = record.rows


def _share(now: Examination, record: Record) -> None:
    """Compares a cell with the first one that shares round 0 with it, and keeps what is needed."""
    base = (record.algorithm.variant, record.cell.noise_rate, record.cell.seed)
    own, same = Reference.of(record), now.bases.setdefault(base, [])
    if same:
        now.add(SHARED, same[0].compare(own))
    same.append(own.without_arrays() if same else own)


def _across(now: Examination, whole: bool) -> None:
    """Checks what several cells say together."""
    experiment = now.described.experiment
    firsts = [same[0] for same in now.bases.values()]
    now.add(STRAYS, strays.strays(now.workdir, experiment, now.tables))
    now.add(DATA, shared.data(firsts))
    now.add(NESTED, shared.noise_nested(firsts))
    now.add(APART, shared.apart(firsts))
    families: dict[tuple, list[list[Reference]]] = {}
    for (variant, rate, _), same in now.bases.items():
        families.setdefault((variant, rate), []).append(same)
    now.add(EL2N, averaged.el2n(families.values(), whole))
    now.add(REMOVED, averaged.removed(firsts, now.tables))
    now.add(UNION, union.union(paths.union(now.workdir), experiment, now.tables, whole))


def _complete(now: Examination) -> int:
    """How many cells are finished and sound, or can never be had."""
    experiment, tables = now.described.experiment, now.tables
    ended = {c: ended_in(experiment.algorithm(c.algorithm), rows) for c, rows in now.tables.items()}
    count = 0
    for cell in experiment.cells:
        giver = cell._replace(algorithm=experiment.algorithm(cell.algorithm).masks_from)
        finished = nothing_left(ended.get(cell, []), ended.get(giver, []))
        never = cell in tables and not tables[cell]
        never = never and cannot_run(experiment, cell, lambda c: tables.get(c, []))
        count += finished or never
    return count
