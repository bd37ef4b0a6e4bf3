"""What cells have in common, or must not have: labels, round 0, and what is drawn from a seed."""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pruning_jax.files import Arrays
from pruning_jax.workdir.columns import OVER_ROUNDS, Row
from pruning_jax.workdir.invariants.agreement import first_wrong
from pruning_jax.workdir.invariants.examples import corrupted
from pruning_jax.workdir.manifest import Entry
from pruning_jax.workdir.recorded import Record

OF_DATA = ("true_label", "index", "test_label")
"""The arrays that all cells of a run have in common."""

SAME = ("label", "used", "el2n")
"""Those that all cells of one noise rate and seed have in common, if they are trained on the same
examples."""

OWN = ("algorithm", "control_of", "control_round", "criterion", "rewind", "seconds")
"""The columns in which cells that share round 0 differ there."""


class Reference(NamedTuple):
    """What is kept of a cell for comparisons: hashes of its arrays, and its round 0."""

    record: Record  # without masks, and with only those arrays that seeds are compared by
    sums: dict[str, str]  # of the arrays that cells share, and of round 0 of the others
    mean: str  # of el2n_mean; "" where it is missing
    noisy: np.ndarray  # bool: whether the label of each example is not the true one
    guesses: bool  # whether the network of round 0 gives every test example the same class

    @classmethod
    def of(cls, record: Record) -> "Reference":
        """The reference that a cell is; it keeps only little of the cell in memory."""
        found = record.examples
        sums = {name: sum_of_array(found[name]) for name in OF_DATA + SAME}
        sums |= {f"{name} of round 0": sum_of_array(found[name][0]) for name in OVER_ROUNDS}
        kept = Arrays({name: found[name].copy() for name in ("label", "el2n", "used")})
        mean = sum_of_array(found["el2n_mean"]) if "el2n_mean" in found else ""
        # The rows stay; masks and all other arrays go.
        small = record._replace(masks=[], examples=kept, entries=record.entries[:1], known={})
        guesses = np.unique(found["test_prediction"][0]).size == 1
        return cls(small, sums, mean, corrupted(record), guesses)

    @property
    def file(self) -> Path:
        """The file of its arrays."""
        return self.record.examples_file

    @property
    def row(self) -> Row:
        """The row of round 0."""
        return self.record.rows[0]

    @property
    def entry(self) -> Entry:
        """The entry of round 0 in the manifest."""
        return self.record.entries[0]

    def without_arrays(self) -> "Reference":
        """The same, where another cell of the seed has these arrays, too."""
        return self._replace(record=self.record._replace(examples={}), noisy=np.empty(0, bool))

    def compare(self, other: "Reference") -> Iterator[str]:
        """How another cell of the same noise rate, seed and examples differs."""
        differ = [name for name in self.sums if self.sums[name] != other.sums[name]]
        message = f"{', '.join(differ)} should be as in {self.file}"
        yield first_wrong(other.file, (not differ, message))
        names = [n for n in self.row if n not in OWN and not _same(self.row[n], other.row[n])]
        message = f"{', '.join(names)} of round 0 should be as in {self.record.rounds_file}"
        yield first_wrong(other.record.rounds_file, (not names, message))
        mine, theirs = self.entry.states, other.entry.states
        parts = ["start"] if mine.start != theirs.start else []
        parts += ["end"] if mine.end != theirs.end else []
        steps = {r.record.algorithm.rewind_to for r in (self, other)}
        parts += ["anchor"] if len(steps) == 1 and mine.anchor != theirs.anchor else []
        message = f"the {', '.join(parts)} of round 0 should be as in {self.record.manifest_file}"
        yield first_wrong(other.record.manifest_file, (not parts, message))


def sum_of_array(array: np.ndarray) -> str:
    """A sum of the type, the shape and the bytes of an array."""
    return hashlib.sha256(
        f"{array.dtype.str} {array.shape} ".encode() + array.tobytes()
    ).hexdigest()


def _same(a: object, b: object) -> bool:
    """Whether two entries of a table are equal; NaN equals NaN."""
    return a == b or (a != a and b != b)  # noqa: PLR0124


def data(references: Sequence[Reference]) -> Iterator[str]:
    """All cells of a run have the same images in the same order, with the same true labels."""
    for other in references[1:]:
        differ = [n for n in OF_DATA if other.sums[n] != references[0].sums[n]]
        message = f"{', '.join(differ)} should be as in {references[0].file}"
        yield first_wrong(other.file, (not differ, message))


def noise_nested(references: Sequence[Reference]) -> Iterator[str]:
    """For one seed, the noisy labels of a rate are noisy labels of every higher rate."""
    ordered = sorted(references, key=lambda r: (r.record.cell.seed, r.record.cell.noise_rate))
    for low, high in itertools.pairwise(ordered):
        if low.record.cell.seed != high.record.cell.seed:
            continue
        below, above = low.record.examples, high.record.examples
        lost = low.noisy & (below["label"] != above["label"])
        message = f"{lost.sum()} labels that are noisy in {low.file} are different here"
        yield first_wrong(high.file, (not lost.any(), message))


def apart(references: Sequence[Reference]) -> Iterator[str]:
    """What is drawn from a seed is as the seed: networks of one seed and width begin alike,
    those of two seeds do not, and no two networks of round 0 are copies of one another."""
    begun: dict[tuple[float, int], Reference] = {}
    drawn: dict[str, Reference] = {}
    trained: dict[str, Reference] = {}
    for one in references:
        width, seed = one.record.algorithm.width, one.record.cell.seed
        start = one.entry.states.start
        alike = begun.setdefault((width, seed), one)
        where = alike.record.manifest_file
        weights = repr(sorted(start.items()))
        twin = drawn.setdefault(weights, one)
        copy = trained.setdefault(one.sums["train_loss of round 0"], one)
        # Two noise rates may give a seed the same labels, and leave out the same examples. Of
        # networks that guess, only the last biases are trained: those of two widths may agree.
        equal = all(copy.sums[name] == one.sums[name] for name in ("label", "used"))
        same = equal and copy.record.algorithm.width == width and copy.record.cell.seed == seed
        fine = same or one.row["diverged"] or one.guesses
        yield first_wrong(
            one.record.manifest_file,
            (alike.entry.states.start == start, f"it does not begin as its seed does in {where}"),
            (
                twin.record.cell.seed == seed,
                f"it begins as another seed, {twin.record.cell.folder}",
            ),
        )
        yield first_wrong(one.file, (fine, f"its round 0 is a copy of that in {copy.file}"))
