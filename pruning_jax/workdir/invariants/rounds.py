"""What must hold for the rows of a cell before anything else can be checked."""

from collections.abc import Iterator

from pruning_jax.workdir.invariants.agreement import first_wrong
from pruning_jax.workdir.recorded import Record


def in_order(record: Record) -> Iterator[str]:
    """Rows are those of this cell, of the rounds 0, 1, ... in order; a diverged one is the last."""
    last = record.algorithm.rounds
    for i, row in enumerate(record.rows):
        own = (row["algorithm"], row["noise_rate"], row["seed"])
        before = i > 0 and record.rows[i - 1]["diverged"]
        yield first_wrong(
            record.rounds_file,
            (own == tuple(record.cell), f"a row is that of another cell, {own}"),
            (row["round"] == i, f"round {row['round']} stands where round {i} is expected"),
            (i <= last, f"round {i} comes after the last one that was asked for, {last}"),
            (not before, f"round {i} follows one in which the network diverged"),
        )
