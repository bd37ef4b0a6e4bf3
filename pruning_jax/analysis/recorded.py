"""What the files of a run hold, read with an eye for damage."""

import json
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


class Damaged(Exception):
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
    def folder(self) -> Path:
        return self.workdir / self.cell.folder


def _read(path: Path, reader: Callable[[Path], T]) -> T:
    """What `reader` makes of a file; Damaged if it is missing or raises anything."""
    if not path.is_file():
        raise Damaged(f"{path} is missing")
    try:
        return reader(path)
    except Damaged:
        raise
    except Exception as error:  # a damaged file raises what it likes
        message = " ".join(str(error).split()) or type(error).__name__
        raise Damaged(f"{path} cannot be read: {message}") from error


def _expect(condition: bool, path: Path, message: str) -> None:
    if not condition:
        raise Damaged(f"{path} {message}")


def experiment(workdir: Path) -> tuple[Experiment, str]:
    """The experiment that config.json describes, and the hash that stands there."""

    def reader(path: Path) -> tuple[Experiment, str]:
        content = json.loads(path.read_text())
        plain = content["experiment"]
        algorithms = tuple(Algorithm(**own) for own in plain["algorithms"].values())
        parts = {"data": Data(**plain["data"]), "recipe": Recipe(**plain["recipe"])}
        return Experiment(**{**plain, **parts, "algorithms": algorithms}), content["hash"]

    try:
        return _read(workdir / "config.json", reader)
    except Damaged as error:
        if isinstance(error.__cause__, KeyError | TypeError | AttributeError):
            raise Damaged(f"{workdir / 'config.json'} is of another program or version") from error
        raise


def rows(path: Path) -> Rows:
    """The rows of a table of rounds."""

    def reader(path: Path) -> Rows:
        with path.open("rb") as file:
            table = pq.ParquetFile(file).read()
        missing = sorted({*results.SCHEMA.names} - {*table.column_names})
        _expect(not missing, path, f"lacks the columns {', '.join(missing)}")
        _expect(table.num_rows > 0, path, "has no rows")
        return table.to_pylist()

    return _read(path, reader)


def arrays(path: Path) -> Arrays:
    """The arrays of an .npz file."""

    def reader(path: Path) -> Arrays:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)

    return _read(path, reader)


def mask(workdir: Path, cell: Cell, round_: int) -> Arrays:
    """The mask of a round."""
    path = _file(workdir, cell, "masks", round_)
    found = arrays(path)
    _expect(bool(found), path, "has no arrays")
    for name, array in found.items():
        _expect(array.dtype == bool, path, f"has {name} as {array.dtype}, not bool")
    return found


def params(record: Record, round_: int) -> Arrays:
    """The trained parameters of a round, those of the layers that can be pruned."""
    path = _file(record.workdir, record.cell, "params", round_)
    found = arrays(path)
    for name, layer in record.masks[round_].items():
        _expect(
            name in found and found[name].shape == layer.shape,
            path,
            f"has no {name} of the shape {layer.shape}",
        )
    return {name: found[name] for name in record.masks[round_]}


def _file(workdir: Path, cell: Cell, kind: str, round_: int) -> Path:
    return workdir / cell.folder / kind / f"round_{round_:02d}.npz"


PER_EXAMPLE = {"label": "i", "true_label": "i", "is_noisy": "b", "index": "i", "el2n": "f"}
PER_ROUND = {"train_loss": "f", "correct": "b"}
"""The arrays of examples.npz with NumPy's kinds of numbers."""


def _examples(path: Path, count: int, rounds: int) -> Arrays:
    """The arrays of examples.npz, cut to `rounds`: a killed process may leave one more."""
    found = arrays(path)
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


def cell(workdir: Path, experiment: Experiment, cell: Cell) -> tuple[Record | None, list[str]]:
    """A cell, and of each of its files what is wrong with it, or "".

    None for a cell that has not begun, or with something wrong.
    """
    found: list[str] = []

    def attempt(get: Callable[[], T]) -> T | None:
        try:
            value = get()
        except Damaged as error:
            found.append(str(error))
            return None
        found.append("")
        return value

    folder = workdir / cell.folder
    if not (folder / "rounds.parquet").exists():
        return None, found
    table = attempt(lambda: rows(folder / "rounds.parquet"))
    if table is None:
        return None, found
    size, count = experiment.recipe.train_size, len(table)
    examples = attempt(lambda: _examples(folder / "examples.npz", size, count))
    masks = [attempt(lambda r=r: _like_first(workdir, cell, r)) for r in range(count)]
    if examples is None or any(found):
        return None, found
    record = Record(workdir, cell, experiment, table, examples, [m for m in masks if m])
    for round_ in range(count if experiment.save_params else 0):
        attempt(lambda r=round_: params(record, r))
    return (None if any(found) else record), found


def _like_first(workdir: Path, cell: Cell, round_: int) -> Arrays:
    """The mask of a round; Damaged if it has other layers than that of round 0."""
    found, first = mask(workdir, cell, round_), mask(workdir, cell, 0)
    shapes, expected = ({n: a.shape for n, a in m.items()} for m in (found, first))
    path = _file(workdir, cell, "masks", round_)
    _expect(shapes == expected, path, f"has the layers {shapes}, round 0 has {expected}")
    return found


def foreign(workdir: Path, experiment: Experiment) -> Iterator[str]:
    """Of each cell's folder, whether it is one of the configuration: "", or what is wrong."""
    known = {workdir / cell.folder for cell in experiment.cells}
    for path in sorted(workdir.glob("cells/*/*/*/")):
        yield "" if path in known else f"{path} is no cell of config.json"
