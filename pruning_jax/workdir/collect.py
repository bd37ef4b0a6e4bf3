"""What a workdir holds, however partial, damaged or old: rows, and problems in plain words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa

from pruning_jax.errors import printable, require
from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.files import Arrays
from pruning_jax.wording import several
from pruning_jax.workdir import bounds, given, lacking, paths, recorded, salvage, saved
from pruning_jax.workdir.damage import Damaged, json_object
from pruning_jax.workdir.described import described
from pruning_jax.workdir.saved import Saved

ALIKE = 12  # problems of one kind that are all listed
MOST_EXAMPLES = 2_000_000  # of a training set, where no configuration says how many there are


@dataclass(frozen=True)
class Run:
    """A workdir as far as it can be read; this is what an analysis is given."""

    workdir: Path
    rows: pd.DataFrame  # a row for each round of each cell, with the columns of COLUMNS
    config: dict[str, object] = field(default_factory=dict)  # config.json; {} if it is unreadable
    experiment: Experiment | None = None  # what was asked for; None if it is not known
    problems: list[str] = field(default_factory=list)  # files that cannot be read, or not fully
    unfinished: list[str] = field(default_factory=list)  # what is missing of the grid
    diverged: list[str] = field(default_factory=list)
    whole: bool = False  # every table of rows that is there could be read as it is
    unreadable: dict[Path, str] = field(default_factory=dict)  # filled by `every_examples`

    def __repr__(self) -> str:
        state = "unfinished" if self.unfinished else "whole"
        if self.problems:
            state = several(len(self.problems), "problem")
        return f"Run({printable(self.workdir)}: {several(len(self.rows), 'row')}, {state})"

    @property
    def cells(self) -> list[Cell]:
        """The cells that have rows, in the order of these."""
        return cells_of(self.rows)

    def examples(self, cell: Cell) -> Arrays:
        """The arrays of examples.npz of a cell; `columns.EXAMPLE_ARRAYS` says what they are.

        Raises:
          Damaged: they cannot be read.
        """
        path, rows = paths.examples(self.workdir, cell), self._rows_of(cell)
        size = self.experiment.recipe.train_size if self.experiment else MOST_EXAMPLES
        return recorded.examples(path, bounds.examples(size, max(1, len(rows)) + 1))

    def mask(self, cell: Cell, round_: int) -> Arrays:
        """The mask of a round of a cell: a bool array for each layer, True for what remains.

        Raises:
          WrongUse: the run has no such cell, or the cell no such round.
          Damaged: it cannot be read.
        """
        self._check(cell, round_)
        return recorded.mask(paths.mask(self.workdir, cell, round_), self._weights(cell))

    def params(self, cell: Cell, round_: int) -> Arrays:
        """The parameters at the end of a round of a cell, if `config.save.params` kept them; they
        are exactly 0 where the mask has pruned.

        Raises:
          Damaged: they cannot be read, or there are none.
        """
        return saved.read(paths.params(self.workdir, cell, round_), self.mask(cell, round_)).params

    def statistics(self, cell: Cell, round_: int) -> Arrays:
        """BatchNorm's statistics there, which are saved with the parameters; {} without BatchNorm.

        Raises:
          Damaged: they cannot be read, or there are none.
        """
        return saved.read(
            paths.params(self.workdir, cell, round_), self.mask(cell, round_)
        ).statistics

    def anchor(self, cell: Cell) -> Saved:
        """The network that the rounds of a cell are rewound to, before any weight was pruned.

        Raises:
          Damaged: it cannot be read, or there is none.
        """
        return saved.read(paths.anchor(self.workdir, cell), self.mask(cell, 0), whole=True)

    def _check(self, cell: Cell, round_: int) -> None:
        """Raises WrongUse unless there are rows of a cell, and among them one of a round."""
        fine = isinstance(cell, tuple) and len(cell) == len(Cell._fields)
        require(fine, f"{cell!r} is no cell; write pj.Cell('lrr', noise_rate=0.0, seed=0)")
        left = self.rows
        for column, value in zip((*Cell._fields, "round"), (*cell, round_), strict=True):
            there = sorted({*left[column].tolist()})
            listed = ", ".join(map(str, there)) or "none"
            require(
                value in there,
                f"{column} {value!r} of {tuple(cell)} is not in {self.workdir}, which has {listed}",
            )
            left = left.loc[left[column] == value, :]

    def _rows_of(self, cell: Cell) -> pd.DataFrame:
        """The rows of a cell."""
        own = self.rows["algorithm"] == cell.algorithm
        own &= (self.rows["noise_rate"] == cell.noise_rate) & (self.rows["seed"] == cell.seed)
        return self.rows.loc[own, :]

    def _weights(self, cell: Cell) -> int:
        """How many prunable weights the rows of a cell speak of, at most."""
        return max((int(count) for count in self._rows_of(cell)["weights_total"]), default=0)

    def every_examples(self, cells: Iterable[Cell]) -> Iterator[tuple[Cell, Arrays]]:
        """Each of these cells with its examples, but for those whose file cannot be read.

        Of each of these `unreadable` gets a line, so that a report can tell what is missing.
        """
        for cell in cells:
            try:
                found = self.examples(cell)
            except Damaged as error:
                line = f"{error}; its cell is left out of the analyses of examples"
                self.unreadable[paths.examples(self.workdir, cell)] = line
            else:
                yield cell, found


def cells_of(rows: pd.DataFrame) -> list[Cell]:
    """The cells that have rows, in the order of these."""
    keys = (rows[name] for name in ("algorithm", "noise_rate", "seed"))
    return [*dict.fromkeys(Cell(str(a), float(r), int(s)) for a, r, s in zip(*keys, strict=True))]


def collect(workdir: Path) -> Run:
    """Everything that a report needs from a workdir. Never raises for what lies there."""
    problems: list[str] = []
    config = _config(paths.config(workdir), problems)
    experiment = _experiment(workdir, problems) if config else None
    known = {paths.cell(workdir, cell) for cell in experiment.cells} if experiment else set()
    tables, whole = [], True
    for path in paths.cell_tables(workdir):
        if known and path.parent not in known:
            problems.append(f"{path.parent} is not a cell of config.json; it is left out")
            continue
        try:
            table, notes = salvage.read(path)
        except Damaged as error:
            problems.append(f"{error}; its cell is left out")
            whole = False
        else:
            tables.append(table)
            problems += notes
            whole = whole and not notes
    if not tables and paths.union(workdir).is_file():
        tables, whole = _union(paths.union(workdir), problems), False
    rows = salvage.frame(tables)
    return Run(
        workdir,
        rows,
        config,
        experiment,
        summarised(problems),
        lacking.unfinished(experiment, rows) if experiment else [],
        lacking.diverged(rows),
        whole,
    )


def load(workdir: Path) -> Run:
    """What a workdir holds.

    Raises:
      WrongUse: there is no such directory, or it only holds runs.
    """
    given.folder(workdir)
    return collect(workdir)


def rows_of(run: Run | pd.DataFrame | str | Path) -> pd.DataFrame:
    """The rows of a run, however it is given: as what was read, as a table, or as its workdir."""
    found = load(Path(run)) if isinstance(run, str | Path) else run
    return found.rows if isinstance(found, Run) else found


def _config(path: Path, problems: list[str]) -> dict[str, object]:
    """The content of config.json; {} and a problem if it cannot be read."""
    try:
        return json_object(path)
    except Damaged as error:
        problems.append(f"{error}: what the run was asked for is not known")
        return {}


def _experiment(workdir: Path, problems: list[str]) -> Experiment | None:
    """What the run was asked for; None and a problem if it is not known."""
    try:
        return described(workdir).experiment
    except Damaged as error:
        problems.append(f"{error}; which cells are missing is not known")
        return None


def _union(path: Path, problems: list[str]) -> list[pa.Table]:
    """The rows of the union, for a workdir whose cells are gone."""
    try:
        table, notes = salvage.read(path, union=True)
    except Damaged as error:
        problems.append(str(error))
        return []
    problems += [f"there is no cell that can be read: the figures are of {path}", *notes]
    return [table]


def summarised(problems: Iterable[str]) -> list[str]:
    """The problems; of many that differ only in their paths, the first three and a count."""
    kinds: dict[str, list[str]] = {}
    for problem in map(printable, problems):
        kinds.setdefault(" ".join(w for w in problem.split() if "/" not in w), []).append(problem)
    lines = []
    for alike in kinds.values():
        many = len(alike) > ALIKE
        lines += alike[:3] if many else alike
        lines += [f"and {len(alike) - 3} more files like these"] if many else []
    return lines
