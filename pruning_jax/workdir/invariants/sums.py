"""That nothing was edited: every sum of the manifest, computed again from the files."""

from collections.abc import Iterator
from pathlib import Path

from pruning_jax.errors import said
from pruning_jax.workdir import manifest
from pruning_jax.workdir.invariants.agreement import Check, first_wrong
from pruning_jax.workdir.manifest import Entry
from pruning_jax.workdir.recorded import Record


def unedited(record: Record) -> Iterator[str]:
    """Rows, examples, masks and parameters have the sums with which they were written, and these
    are chained from the experiment and the cell to the last round."""
    previous = manifest.origin(record.described.digest, record.cell)
    entries, rounds = record.entries, len(record.rows)
    fine = rounds <= len(entries) <= rounds + 1  # one more if it was stopped before its row
    message = f"it has sums of {len(entries)} rounds, but there are {rounds}"
    yield first_wrong(record.manifest_file, (fine, message))
    for r, entry in enumerate(entries):
        yield first_wrong(
            record.manifest_file,
            (entry.round == r, f"the sums of round {entry.round} stand in place {r}"),
            (entry.previous == previous, f"round {r}: its chain begins elsewhere, or is broken"),
            (entry.sum == manifest.chained(entry), f"round {r}: the sums are not as written"),
        )
        previous = entry.sum
        if r < rounds:
            yield from _files(record, r, entry)


def _files(record: Record, round_: int, entry: Entry) -> Iterator[str]:
    """What is not as it was written in one round."""
    row = manifest.sum_of_row(record.rows[round_]) == entry.row
    examples = manifest.sum_of_examples(record.examples, round_) == entry.examples
    says = f"round {round_}: it is not as it was written"
    yield first_wrong(record.rounds_file, (row, says))
    yield first_wrong(record.examples_file, (examples, says))
    yield _of_file(record.mask_file(round_), entry.mask)
    saved = record.experiment.save_params
    if bool(entry.params) != saved:
        what = "lacks" if saved else "has"
        yield f"{record.manifest_file}: round {round_} {what} a sum of parameters"
    elif saved:
        yield _of_file(record.params_file(round_), entry.params)


def _of_file(path: Path, expected: str) -> str:
    """Whether a file is not as it was written, or ""."""
    try:
        return first_wrong(
            path, (manifest.sum_of_file(path) == expected, "it is not as it was written")
        )
    except OSError as error:
        return f"{path} cannot be read: {said(error)}"


CHECKS: dict[str, Check] = {"nothing was edited": unedited}
"""This check by what it finds to be so."""
