"""What must hold for the rows of a cell before anything else can be checked."""

from collections.abc import Iterator

from pruning_jax.workdir.cellfiles import ended_in
from pruning_jax.workdir.invariants.agreement import first_wrong
from pruning_jax.workdir.recorded import Record


def in_order(record: Record) -> Iterator[str]:
    """Rows are those of this cell, of the rounds 0, 1, ... in order; none follows one in which the
    network diverged, or the second one in a row in which it collapsed."""
    last, ended = record.algorithm.rounds, ended_in(record.algorithm, record.rows)
    for i, row in enumerate(record.rows):
        own = (row["algorithm"], row["noise_rate"], row["seed"])
        why = "diverged" if i > 0 and record.rows[i - 1]["diverged"] else "collapsed"
        yield first_wrong(
            record.rounds_file,
            (own == tuple(record.cell), f"a row is that of another cell, {own}"),
            (row["round"] == i, f"round {row['round']} stands where round {i} is expected"),
            (i <= last, f"round {i} comes after the last one that was asked for, {last}"),
            (not (i > 0 and ended[i - 1]), f"round {i} follows one in which the network {why}"),
        )
