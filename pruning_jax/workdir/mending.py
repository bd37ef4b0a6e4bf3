"""Damage to the files of a cell is found by its manifest; what is sound is kept.

A cell is cut back to its rounds before the first damaged one. The run then makes the others again,
to the same bits, as it does for a cell that was never finished.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pruning_jax.experiment.algorithm import MOST_ROUNDS
from pruning_jax.experiment.cells import Cell
from pruning_jax.files import Arrays, read_arrays
from pruning_jax.workdir import bounds, manifest, paths, recorded
from pruning_jax.workdir.cellfiles import MOST_ROWS, read_table, write_rows
from pruning_jax.workdir.columns import Row
from pruning_jax.workdir.damage import Damaged, read
from pruning_jax.workdir.manifest import Entry


def mend(workdir: Path, cell: Cell, digest: str, train_size: int) -> str:
    """Cuts a cell back to the rounds that are sound. No other process may have the cell.

    Where only the table of its rows is damaged or gone, the union of all rows may still have them.

    Args:
      workdir: the directory of the run.
      cell: which one.
      digest: the hash of the experiment, as in config.json.
      train_size: how many training examples there are; it bounds what is read.

    Returns:
      A line that says what was damaged, or "".
    """
    if not paths.cell(workdir, cell).is_dir():
        return ""
    table = paths.rounds(workdir, cell)
    rows, damage = _rows(table, MOST_ROUNDS)
    if damage or not table.exists():
        rows = _rows_in_union(workdir, cell)
    entries, examples, unread = _entries(workdir, cell, len(rows), train_size)
    damage = damage or unread
    wrong = _first_wrong(workdir, cell, rows, entries, examples, manifest.origin(digest, cell))
    sound = len(rows) if wrong is None else wrong[0]
    if sound == len(rows) and not damage and table.exists() == bool(rows):
        return ""
    if sound:
        write_rows(table, rows[:sound])
    else:
        table.unlink(missing_ok=True)
    what = damage or (wrong[1] if wrong else f"{table} is missing")
    whole = "it is written anew" if sound == len(rows) > 0 else f"run again from round {sound}"
    return f"warning: {what}; {whole}"


def _rows(table: Path, most: int) -> tuple[list[Row], str]:
    """The rows of a table, of which there may be so many, and what is wrong with it or ""; none
    where there is no table."""
    try:
        return (
            read(table, lambda path: read_table(path, most).to_pylist()) if table.exists() else []
        ), ""
    except Damaged as error:
        return [], str(error)


def _entries(
    workdir: Path, cell: Cell, rounds: int, train_size: int
) -> tuple[list[Entry], Arrays, str]:
    """The manifest and the examples of a cell with so many rounds, and what is wrong or ""."""
    entries, examples = list[Entry](), Arrays()
    if not rounds:
        return entries, examples, ""
    most = float(bounds.examples(train_size, rounds))
    try:
        entries = recorded.entries(workdir, cell, rounds)
        examples = read(paths.examples(workdir, cell), lambda path: read_arrays(path, most))
    except Damaged as error:
        return entries, examples, str(error)
    return entries, examples, ""


def _rows_in_union(workdir: Path, cell: Cell) -> list[Row]:
    """The rows that the union has of a cell, in the order of their rounds; those up to a gap."""
    rows, _ = _rows(paths.union(workdir), MOST_ROWS)
    names = ("algorithm", "noise_rate", "seed")
    own = {row.get("round"): row for row in rows if tuple(row.get(n) for n in names) == cell}
    found = []
    while len(found) in own:
        found.append(own[len(found)])
    return found


def _first_wrong(
    workdir: Path,
    cell: Cell,
    rows: Sequence[Row],
    entries: Sequence[Entry],
    examples: Arrays,
    origin: str,
) -> tuple[int, str] | None:
    """The first round that is not as the manifest says, and why; None if all are."""
    previous = origin
    for round_, row in enumerate(rows):
        if round_ >= len(entries):
            return round_, f"{paths.manifest(workdir, cell)} has nothing of round {round_}"
        entry = entries[round_]
        for wrong in _wrong(workdir, cell, row, entry, examples):
            return round_, wrong
        if entry.previous != previous or entry.sum != manifest.chained(entry):
            return round_, f"{paths.manifest(workdir, cell)}: round {round_} breaks the chain"
        previous = entry.sum
    return None


def _wrong(workdir: Path, cell: Cell, row: Row, entry: Entry, examples: Arrays) -> Iterator[str]:
    """What is not as an entry says, in a line each."""
    round_ = entry.round
    if entry.row != manifest.sum_of_row(row):
        yield f"{paths.rounds(workdir, cell)}: the row of round {round_} is not as it was written"
    try:
        same = entry.examples == manifest.sum_of_examples(examples, round_)
    except (KeyError, IndexError):
        same = False
    if not same:
        yield f"{paths.examples(workdir, cell)}: round {round_} is not as it was written"
    parts = [(paths.mask(workdir, cell, round_), entry.mask)]
    if entry.params:
        parts.append((paths.params(workdir, cell, round_), entry.params))
    for path, expected in parts:
        try:
            if read(path, manifest.sum_of_file) != expected:
                yield f"{path} is not as it was written"
        except Damaged as error:
            yield str(error)
