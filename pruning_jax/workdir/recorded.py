"""What the files of a cell hold, read so that no damage passes unseen."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.files import Arrays, read_arrays
from pruning_jax.workdir import bounds, manifest, paths, saved
from pruning_jax.workdir.columns import EXAMPLE_ARRAYS, OVER_ROUNDS, TEST, Row
from pruning_jax.workdir.damage import Damaged, expect
from pruning_jax.workdir.damage import read as attempt
from pruning_jax.workdir.described import Described
from pruning_jax.workdir.manifest import Entry
from pruning_jax.workdir.saved import Saved
from pruning_jax.workdir.tables import Rows, rows

T = TypeVar("T")

FEW = 20_000_000
"""As many parameters of a cell can be in memory together; several checks look at them."""


class Record(NamedTuple):
    """One cell as its files tell it."""

    workdir: Path
    described: Described
    cell: Cell
    rows: Rows
    examples: Arrays  # as in examples.npz, with as many rounds as `rows`
    masks: list[Arrays]  # of every round, by the paths of the layers
    entries: list[Entry]  # of manifest.json; their sums are not compared with anything yet
    known: dict[Path, Saved]  # the networks that `network` has read, where they are few

    @property
    def experiment(self) -> Experiment:
        """The experiment of the run."""
        return self.described.experiment

    @property
    def algorithm(self) -> Algorithm:
        """The algorithm of the cell."""
        return self.experiment.algorithm(self.cell.algorithm)

    @property
    def recipe(self) -> Recipe:
        """How the cell is trained."""
        return self.experiment.recipe_of(self.algorithm, self.cell.noise_rate)

    @property
    def rounds_file(self) -> Path:
        """The file of the rows."""
        return paths.rounds(self.workdir, self.cell)

    @property
    def examples_file(self) -> Path:
        """The file of the examples."""
        return paths.examples(self.workdir, self.cell)

    @property
    def manifest_file(self) -> Path:
        """The file of the sums."""
        return paths.manifest(self.workdir, self.cell)

    @property
    def anchor_file(self) -> Path:
        """The file of the parameters that the cell rewinds to, where parameters are saved."""
        return paths.anchor(self.workdir, self.cell)

    def mask_file(self, round_: int) -> Path:
        """The file of the mask of a round."""
        return paths.mask(self.workdir, self.cell, round_)

    def params_file(self, round_: int) -> Path:
        """The file of the parameters of a round, where they are saved."""
        return paths.params(self.workdir, self.cell, round_)

    def before(self, round_: int) -> int:
        """The round whose networks a round prunes."""
        return 0 if self.algorithm.one_shot else round_ - 1

    def network(self, round_: int) -> Saved:
        """The network at the end of a round, where parameters are saved.

        Raises:
          Damaged: its file cannot be read, or is not that.
        """
        return self._saved(self.params_file(round_), round_)

    def anchor(self) -> Saved:
        """The network that the cell rewinds to, where parameters are saved.

        Raises:
          Damaged: its file cannot be read, or is not that.
        """
        return self._saved(self.anchor_file, None)

    def _saved(self, path: Path, round_: int | None) -> Saved:
        if path in self.known:
            return self.known[path]
        mask = self.masks[round_ or 0]
        found = saved.read(path, mask, whole=round_ is None)
        if sum(layer.size for layer in mask.values()) * len(self.rows) < FEW:
            self.known[path] = found
        return found


def arrays(path: Path, most_bytes: float | int) -> Arrays:
    """The arrays of an .npz file.

    Raises:
      Damaged: it cannot be read, or would take more memory than `most_bytes`.
    """
    return attempt(path, lambda path: read_arrays(path, float(most_bytes)))


def mask(path: Path, weights: int, like: Arrays | None = None) -> Arrays:
    """A mask; if `like` is given, one with the same layers of the same shapes.

    Args:
      path: the file.
      weights: how many prunable weights the network has, or more.
      like: another mask of the network.

    Raises:
      Damaged: it cannot be read, or is not such a mask.
    """
    found = arrays(path, bounds.mask(weights))
    shapes, expected = ({n: a.shape for n, a in m.items()} for m in (found, like or found))
    expect(bool(found), path, "has no arrays")
    expect(shapes == expected, path, f"has the layers {shapes}, but expected are {expected}")
    for name, array in found.items():
        expect(array.dtype == bool, path, f"has {name} as {array.dtype}, not as bool")
        expect(array.size > 0, path, f"has {name} without a weight")
    return found


def examples(
    path: Path, most_bytes: float | int, count: int | None = None, rounds: int | None = None
) -> Arrays:
    """The arrays of examples.npz.

    Args:
      path: the file.
      most_bytes: the memory that it may take.
      count: how many examples there must be; None if it is not known.
      rounds: how many rounds to give; None for all. The file may have one more, if the process
        was killed before it wrote the row of that round.

    Raises:
      Damaged: it cannot be read, or an array is missing or has another type or shape.
    """
    found = arrays(path, most_bytes)
    for name in ("label", "train_loss", "test_label"):
        expect(name in found and found[name].ndim > 0, path, f"has no {name}")
    sizes = {
        "example": len(found["label"]) if count is None else count,
        "round": max(len(found["train_loss"]), rounds or 0),
        TEST: len(found["test_label"]),
    }
    for wanted in EXAMPLE_ARRAYS:
        if not (wanted.always or wanted.name in found):
            continue
        expect(wanted.name in found, path, f"has no {wanted.name}")
        array, shape = found[wanted.name], tuple(sizes[axis] for axis in wanted.shape)
        expect(
            array.dtype.kind == wanted.kind and array.shape == shape,
            path,
            f"has {wanted.name} as {array.dtype} {array.shape}, not as {wanted.type} {shape}",
        )
    return {**found, **{name: found[name][:rounds] for name in OVER_ROUNDS}}


def entries(workdir: Path, cell: Cell, rounds: int) -> list[Entry]:
    """The entries of the manifest of a cell that has so many rounds.

    Raises:
      Damaged: it cannot be read.
    """

    def reader(path: Path) -> list[Entry]:
        found = manifest.read(workdir, cell, rounds)
        expect(all(entry.sum.isascii() for entry in found), path, "has sums that are none")
        return found

    return attempt(paths.manifest(workdir, cell), reader)


def read(workdir: Path, described: Described, cell: Cell) -> tuple[Record | None, list[str]]:
    """A cell, and for each of its files what is wrong with it, or "".

    The cell is None if something is wrong with it, and also if it has not begun: then it has no
    files.
    """
    found: list[str] = []
    empty = Record(workdir, described, cell, [], {}, [], [], {})

    def attempt(get: Callable[[], T]) -> T | None:
        try:
            value = get()
        except Damaged as error:
            found.append(str(error))
            return None
        found.append("")
        return value

    if not empty.rounds_file.exists():
        return None, []
    table = attempt(lambda: rows(empty.rounds_file, len(empty.algorithm.densities) + 1))
    if not table:
        return None, found
    size, count = described.experiment.recipe.train_size, len(table)
    most, weights = bounds.examples(size, count + 1), weights_total(table)
    content = attempt(lambda: examples(empty.examples_file, most, size, count)) or {}
    masks = [attempt(lambda: mask(empty.mask_file(0), weights))]
    masks += [
        attempt(lambda r=r: mask(empty.mask_file(r), weights, masks[0])) for r in range(1, count)
    ]
    sums = attempt(lambda: entries(workdir, cell, count)) or []
    if any(found):
        return None, found
    whole = [own for own in masks if own]
    return empty._replace(rows=table, examples=content, masks=whole, entries=sums), found


def weights_total(rows: Sequence[Row]) -> int:
    """How many prunable weights rows say that a network has, at most."""
    return max((int(row["weights_total"]) for row in rows), default=0)
