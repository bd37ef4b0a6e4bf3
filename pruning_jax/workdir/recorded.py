"""What the files of a run hold, read so that no damage passes unseen."""

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, TypeVar

from pruning_jax.errors import said
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.experiment.data import Data
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.files import Arrays, read_arrays
from pruning_jax.workdir import paths
from pruning_jax.workdir.cellfiles import read_table
from pruning_jax.workdir.columns import EXAMPLE_ARRAYS, OVER_ROUNDS, SCHEMA, TEST, Row

Rows: TypeAlias = list[Row]
T = TypeVar("T")


class Damaged(Exception):  # noqa: N818  what it says, not what it is
    """A file cannot be read, or is not what it should be; the message is a line that names it."""


class Described(NamedTuple):
    """What config.json says of a run."""

    experiment: Experiment
    digest: str  # the hash that stands there
    noise_always_wrong: bool | None  # whether a label drawn anew is never the true one; or unknown


class Record(NamedTuple):
    """One cell as its files tell it."""

    workdir: Path
    described: Described
    cell: Cell
    rows: Rows
    examples: Arrays  # as in examples.npz, with as many rounds as `rows`
    masks: list[Arrays]  # of every round, by the paths of the layers

    @property
    def experiment(self) -> Experiment:
        """The experiment of the run."""
        return self.described.experiment

    @property
    def algorithm(self) -> Algorithm:
        """The algorithm of the cell."""
        return self.experiment.algorithm(self.cell.algorithm)

    @property
    def rounds_file(self) -> Path:
        """The file of the rows."""
        return paths.rounds(self.workdir, self.cell)

    @property
    def examples_file(self) -> Path:
        """The file of the examples."""
        return paths.examples(self.workdir, self.cell)

    def mask_file(self, round_: int) -> Path:
        """The file of the mask of a round."""
        return paths.mask(self.workdir, self.cell, round_)


def _read(path: Path, reader: Callable[[Path], T]) -> T:
    """What `reader` makes of a file.

    Raises:
      Damaged: the file is missing, or the reader raises anything.
    """
    if not path.is_file():
        raise Damaged(f"{path} is missing")
    try:
        return reader(path)
    except Damaged:
        raise
    except Exception as error:  # a damaged file may lead to any error
        raise Damaged(f"{path} cannot be read: {said(error)}") from error


def _expect(condition: bool, path: Path, message: str) -> None:
    """Raises Damaged unless a condition on a file holds."""
    if not condition:
        raise Damaged(f"{path} {message}")


def _tuples(value: Any) -> Any:
    """JSON with tuples where it has lists, as descriptions have them."""
    if isinstance(value, dict):
        return {name: _tuples(part) for name, part in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def described(workdir: Path) -> Described:
    """What config.json says of a run.

    Raises:
      Damaged: it cannot be read, or another version of this program wrote it.
    """

    def reader(path: Path) -> Described:
        content = _tuples(json.loads(path.read_text()))
        parts = content["experiment"]
        try:
            parts["data"], parts["recipe"] = Data(**parts["data"]), Recipe(**parts["recipe"])
            parts["algorithms"] = tuple(Algorithm(**own) for own in parts["algorithms"].values())
            found = Experiment(**parts)
        except TypeError as error:  # it has other settings than we know
            version = content.get("versions", {}).get("pruning_jax", "an unknown version")
            raise Damaged(
                f"{path} cannot be read: it was written by pruning_jax {version}, which has other "
                f"settings ({said(error)})"
            ) from error
        _expect(all(cell.folder for cell in found.cells), path, "has no cells")
        always = content.get("noise_always_wrong")
        fine = always is None or isinstance(always, bool)
        _expect(fine, path, f"has {always!r} as noise_always_wrong, not true or false")
        return Described(found, content["hash"], always)

    return _read(paths.config(workdir), reader)


def rows(path: Path) -> Rows:
    """The rows of a table of rounds, with NaN where it has nothing.

    Raises:
      Damaged: it cannot be read, has no rows, or has other columns than `COLUMNS`.
    """

    def reader(path: Path) -> Rows:
        table = read_table(path)
        missing = sorted({*SCHEMA.names} - {*table.column_names})
        _expect(not missing, path, f"lacks the columns {', '.join(missing)}")
        _expect(table.num_rows > 0, path, "has no rows")
        for field in SCHEMA:
            kind = table.schema.field(field.name).type
            _expect(kind == field.type, path, f"has {field.name} as {kind}, not as {field.type}")
        return [
            {name: math.nan if value is None else value for name, value in row.items()}
            for row in table.to_pylist()
        ]

    return _read(path, reader)


def arrays(path: Path) -> Arrays:
    """The arrays of an .npz file.

    Raises:
      Damaged: it cannot be read.
    """
    return _read(path, read_arrays)


def mask(path: Path, like: Arrays | None = None) -> Arrays:
    """A mask; if `like` is given, one with the same layers of the same shapes.

    Raises:
      Damaged: it cannot be read, or is not such a mask.
    """
    found = arrays(path)
    shapes, expected = ({n: a.shape for n, a in m.items()} for m in (found, like or found))
    _expect(bool(found), path, "has no arrays")
    _expect(shapes == expected, path, f"has the layers {shapes}, but expected are {expected}")
    for name, array in found.items():
        _expect(array.dtype == bool, path, f"has {name} as {array.dtype}, not as bool")
    return found


def examples(path: Path, count: int | None = None, rounds: int | None = None) -> Arrays:
    """The arrays of examples.npz.

    Args:
      path: the file.
      count: how many examples there must be; None if it is not known.
      rounds: how many rounds to give; None for all. The file may have one more, if the process
        was killed before it wrote the row of that round.

    Raises:
      Damaged: it cannot be read, or an array is missing or has another type or shape.
    """
    found = arrays(path)
    for name in ("label", "train_loss", "test_label"):
        _expect(name in found and found[name].ndim > 0, path, f"has no {name}")
    sizes = {
        "example": len(found["label"]) if count is None else count,
        "round": max(len(found["train_loss"]), rounds or 0),
        TEST: len(found["test_label"]),
    }
    for wanted in EXAMPLE_ARRAYS:
        if not (wanted.always or wanted.name in found):
            continue
        _expect(wanted.name in found, path, f"has no {wanted.name}")
        array, shape = found[wanted.name], tuple(sizes[axis] for axis in wanted.shape)
        _expect(
            array.dtype.kind == wanted.kind and array.shape == shape,
            path,
            f"has {wanted.name} as {array.dtype} {array.shape}, not as {wanted.type} {shape}",
        )
    return {**found, **{name: found[name][:rounds] for name in OVER_ROUNDS}}


def read(workdir: Path, described: Described, cell: Cell) -> tuple[Record | None, list[str]]:
    """A cell, and for each of its files what is wrong with it, or "".

    The cell is None if something is wrong with it, and also if it has not begun: then it has no
    files.
    """
    found: list[str] = []
    empty = Record(workdir, described, cell, [], {}, [])

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
    table = attempt(lambda: rows(empty.rounds_file))
    if not table:
        return None, found
    size, count = described.experiment.recipe.train_size, len(table)
    content = attempt(lambda: examples(empty.examples_file, size, count)) or {}
    masks = [attempt(lambda: mask(empty.mask_file(0)))]
    masks += [attempt(lambda r=r: mask(empty.mask_file(r), masks[0])) for r in range(1, count)]
    if any(found):
        return None, found
    return empty._replace(rows=table, examples=content, masks=[m for m in masks if m]), found


def foreign(workdir: Path, experiment: Experiment) -> Iterator[str]:
    """For each folder of a cell what is wrong with it: "", or that config.json lacks the cell."""
    known = {paths.cell(workdir, cell) for cell in experiment.cells}
    for path in paths.cell_folders(workdir):
        yield "" if path in known else f"{path} is not a cell that config.json asks for"
