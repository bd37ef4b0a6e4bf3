"""What the files of a run hold, read with an eye for damage."""

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pyarrow.parquet as pq

from pruning_jax import results
from pruning_jax.config import Algorithm, Data, Recipe
from pruning_jax.experiment import Cell, Experiment

Rows = list[dict[str, Any]]
Arrays = dict[str, np.ndarray]
T = TypeVar("T")


class Damaged(Exception):  # noqa: N818  what it says, not what it is
    """A file that cannot be read, or is not what it should be: one line that names it."""


class Record(NamedTuple):
    """One cell as its files tell it."""

    workdir: Path
    cell: Cell
    experiment: Experiment
    rows: Rows
    examples: Arrays  # as in examples.npz, with as many rounds as `rows`
    masks: list[Arrays]  # of every round, by the paths of the layers

    @property
    def algorithm(self) -> Algorithm:
        return self.experiment.algorithm(self.cell.algorithm)

    @property
    def table(self) -> Path:
        """The file of the rows."""
        return self.workdir / self.cell.folder / "rounds.parquet"

    @property
    def examples_file(self) -> Path:
        return self.table.with_name("examples.npz")

    def file(self, kind: str, round_: int) -> Path:
        """The file of the "masks" or "params" of a round."""
        return self.workdir / self.cell.folder / kind / f"round_{round_:02d}.npz"


def _read(path: Path, reader: Callable[[Path], T]) -> T:
    """What `reader` makes of a file; Damaged if it is missing or raises anything."""
    if not path.is_file():
        raise Damaged(f"{path} is missing")
    try:
        return reader(path)
    except Damaged:
        raise
    except Exception as error:  # a damaged file raises what it likes
        message = " ".join(f"{type(error).__name__}: {error}".split())
        raise Damaged(f"{path} cannot be read: {message}") from error


def _expect(condition: bool, path: Path, message: str) -> None:
    if not condition:
        raise Damaged(f"{path} {message}")


def _tuples(value: Any) -> Any:
    """JSON with tuples where it has lists."""
    if isinstance(value, dict):
        return {name: _tuples(part) for name, part in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def experiment(workdir: Path) -> tuple[Experiment, str]:
    """The experiment that config.json describes, and the hash that stands there."""

    def reader(path: Path) -> tuple[Experiment, str]:
        content = _tuples(json.loads(path.read_text()))
        parts = content["experiment"]
        parts["data"], parts["recipe"] = Data(**parts["data"]), Recipe(**parts["recipe"])
        parts["algorithms"] = tuple(Algorithm(**own) for own in parts["algorithms"].values())
        found = Experiment(**parts)
        _expect(all(cell.folder for cell in found.cells), path, "has no cells")
        return found, content["hash"]

    return _read(workdir / "config.json", reader)


def rows(path: Path) -> Rows:
    """The rows of a table of rounds; NaN where it has nothing."""

    def reader(path: Path) -> Rows:
        with path.open("rb") as file:
            table = pq.ParquetFile(file).read()
        missing = sorted({*results.SCHEMA.names} - {*table.column_names})
        _expect(not missing, path, f"lacks the columns {', '.join(missing)}")
        _expect(table.num_rows > 0, path, "has no rows")
        for field in results.SCHEMA:
            kind = table.schema.field(field.name).type
            _expect(kind == field.type, path, f"has {field.name} as {kind}, not {field.type}")
        return [
            {name: math.nan if value is None else value for name, value in row.items()}
            for row in table.to_pylist()
        ]

    return _read(path, reader)


def arrays(path: Path) -> Arrays:
    """The arrays of an .npz file."""

    def reader(path: Path) -> Arrays:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
            return dict(content)

    return _read(path, reader)


def mask(path: Path, like: Arrays | None = None) -> Arrays:
    """A mask, of the layers that `like` has."""
    found = arrays(path)
    shapes, expected = ({n: a.shape for n, a in m.items()} for m in (found, like or found))
    _expect(bool(found), path, "has no arrays")
    _expect(shapes == expected, path, f"has the layers {shapes}, round 0 has {expected}")
    for name, array in found.items():
        _expect(array.dtype == bool, path, f"has {name} as {array.dtype}, not bool")
    return found


PER_EXAMPLE = {
    "label": "i",
    "true_label": "i",
    "is_noisy": "b",
    "used": "b",
    "index": "i",
    "el2n": "f",
}
PER_ROUND = {"train_loss": "f", "correct": "b"}
"""The arrays of examples.npz with NumPy's kinds of numbers."""


def examples(path: Path, count: int | None = None, rounds: int | None = None) -> Arrays:
    """The arrays of examples.npz, of `count` examples if that is known, and cut to `rounds`: a
    killed process may leave one more.

    Raises:
      Damaged: it cannot be read, or an array is missing or has another shape.
    """
    found = arrays(path)
    for name in ("label", "train_loss"):
        _expect(name in found and found[name].ndim > 0, path, f"has no {name}")
    count = len(found["label"]) if count is None else count
    rounds = len(found["train_loss"]) if rounds is None else rounds
    for name, kind in {**PER_EXAMPLE, **PER_ROUND}.items():
        _expect(name in found, path, f"has no {name}")
        array = found[name]
        shape = (count,) if name in PER_EXAMPLE else (max(rounds, len(array)), count)
        _expect(
            array.dtype.kind == kind and array.shape == shape,
            path,
            f"has {name} as {array.dtype} {array.shape}, not {shape}",
        )
    return {**found, **{name: found[name][:rounds] for name in PER_ROUND}}


def read(workdir: Path, experiment: Experiment, cell: Cell) -> tuple[Record | None, list[str]]:
    """A cell, and of each of its files what is wrong with it, or "".

    None for a cell with something wrong, and for one that has not begun, which has no files.
    """
    found: list[str] = []
    empty = Record(workdir, cell, experiment, [], {}, [])

    def attempt(get: Callable[[], T]) -> T | None:
        try:
            value = get()
        except Damaged as error:
            found.append(str(error))
            return None
        found.append("")
        return value

    if not empty.table.exists():
        return None, found
    table = attempt(lambda: rows(empty.table)) or []
    size, count = experiment.recipe.train_size, len(table)
    if table:
        content = attempt(lambda: examples(empty.examples_file, size, count)) or {}
        masks = [attempt(lambda: mask(empty.file("masks", 0)))]
        rest = range(1, count)
        masks += [attempt(lambda r=r: mask(empty.file("masks", r), masks[0])) for r in rest]
        if not any(found):
            record = empty._replace(rows=table, examples=content, masks=[m for m in masks if m])
            return record, found
    return None, found


def foreign(workdir: Path, experiment: Experiment) -> Iterator[str]:
    """Of each cell's folder, whether it is one of the configuration: "", or what is wrong."""
    known = {workdir / cell.folder for cell in experiment.cells}
    for path in sorted(workdir.glob("cells/*/*/*/")):
        yield "" if path in known else f"{path} is no cell of config.json"
