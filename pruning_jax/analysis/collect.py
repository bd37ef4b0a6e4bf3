"""What a workdir holds, however partial, damaged or old: rows, and problems in plain words."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pruning_jax import results
from pruning_jax.analysis import recorded
from pruning_jax.analysis.attempt import said
from pruning_jax.analysis.recorded import Damaged
from pruning_jax.experiment import Cell, Experiment

NEEDED = ("algorithm", "noise_rate", "seed", "round", "density")
"""Columns without which a row has no place."""

DEFAULTS: dict[str, Any] = {
    "control_of": "",
    "control_round": 0,
    "width": 1.0,
    "without": "",
    "diverged": False,
    "weights_total": 0,
    "weights_remaining": 0,
    "train_examples": 0,
}
"""What a column that is missing says; the others are empty."""

MOST_ROUNDS = 10_000  # more are no rounds, and would fill the memory
LISTED = 4  # things named one by one before "and so on"


class Run(NamedTuple):
    """A workdir as far as it can be read."""

    workdir: Path
    config: dict[str, Any]  # the content of config.json, {} if it cannot be read
    experiment: Experiment | None
    rows: pd.DataFrame  # with all columns of results.SCHEMA
    problems: list[str]  # files that cannot be read, or not fully
    unfinished: list[str]  # what is missing of the grid
    diverged: list[str]
    whole: bool  # every file of rows that is there was read as it is


def collect(workdir: Path) -> Run:
    """Everything that a report needs from a workdir. Never raises for what lies there."""
    problems: list[str] = []
    config = _config(workdir / "config.json", problems)
    experiment = _experiment(workdir, problems) if config else None
    known = {workdir / cell.folder for cell in experiment.cells} if experiment else set()
    tables, whole = [], True
    for path in sorted(workdir.glob("cells/*/*/*/rounds.parquet")):
        if known and path.parent not in known:
            problems.append(f"{path.parent} is no cell of config.json; it is left out")
            continue
        try:
            table, notes = read(path)
        except Damaged as error:
            problems.append(f"{error}; its cell is left out")
            whole = False
        else:
            tables.append(table)
            problems += notes
            whole = whole and not notes
    if not tables and (workdir / "rounds.parquet").is_file():
        tables, whole = _union(workdir / "rounds.parquet", problems), False
    rows = frame(tables)
    left = unfinished(experiment, rows) if experiment else []
    return Run(workdir, config, experiment, rows, summarised(problems), left, diverged(rows), whole)


def _config(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
        if not isinstance(content, dict):
            raise ValueError("it is no JSON object")
    except FileNotFoundError:
        problems.append(f"{path} is missing: what the run was asked for is not known")
        return {}
    except (OSError, ValueError, RecursionError) as error:
        problems.append(
            f"{path} cannot be read ({said(error)}): what the run was asked for is not known"
        )
        return {}
    return content


def _experiment(workdir: Path, problems: list[str]) -> Experiment | None:
    try:
        return recorded.experiment(workdir)[0]
    except Damaged as error:
        problems.append(f"{error}; which cells are missing is not known")
        return None


def _union(path: Path, problems: list[str]) -> list[pa.Table]:
    """The rows of the union, for a workdir whose cells are gone."""
    try:
        table, notes = read(path, union=True)
    except Damaged as error:
        problems.append(str(error))
        return []
    problems += [f"there is no cell that can be read: the figures are of {path}", *notes]
    return [table]


def read(path: Path, union: bool = False) -> tuple[pa.Table, list[str]]:
    """A file of rows in the columns of results.SCHEMA, and what is strange about it.

    Raises:
      Damaged: it cannot be read, lacks what a row cannot be without, or is of another cell.
    """
    try:
        with path.open("rb") as file:
            table = pq.ParquetFile(file).read(use_threads=False)
    except Exception as error:  # a damaged file raises what it likes
        raise Damaged(f"{path} cannot be read ({said(error)})") from error
    there = {*table.column_names}
    lost = [name for name in NEEDED if name not in there]
    if lost:
        raise Damaged(f"{path} lacks the columns {', '.join(lost)}")
    missing = [name for name in results.SCHEMA.names if name not in there]
    if table.schema != results.SCHEMA:
        try:
            columns = [_column(table, field) for field in results.SCHEMA]
            table = pa.table(columns, schema=results.SCHEMA)
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise Damaged(f"{path} has something else in its columns ({said(error)})") from error
    _check(table, path, union)
    return table, [f"{path} lacks the columns {', '.join(missing)}"] if missing else []


def _column(table: pa.Table, field: pa.Field) -> Any:
    if field.name in table.column_names:
        return table[field.name].cast(field.type)
    return pa.array([DEFAULTS.get(field.name)] * table.num_rows, field.type)


def _check(table: pa.Table, path: Path, union: bool) -> None:
    """Raises Damaged for rows that have no place, or are not of the file's cell."""
    found = [table[name].to_pylist() for name in NEEDED]
    if any(value is None or value != value for column in found for value in column):  # noqa: PLR0124
        raise Damaged(f"{path} has rows without algorithm, noise rate, seed, round or density")
    *_, rounds, densities = found
    if not all(0 < d <= 1 for d in densities) or not all(0 <= r < MOST_ROUNDS for r in rounds):
        raise Damaged(f"{path} has densities outside 0 to 1, or rounds that cannot be")
    keys = [*zip(*found[:4], strict=True)]
    if len({*keys}) < len(keys):
        raise Damaged(f"{path} has a round twice")
    own = path.parent.as_posix()
    for cell in () if union else {Cell(*key[:3]) for key in keys}:
        if not own.endswith(f"/{cell.folder}"):
            raise Damaged(f"{path} has rows of {cell.folder}")


def frame(tables: list[pa.Table]) -> pd.DataFrame:
    """All rows in the order of the union; text and flags where a table has none."""
    rows: Any = pa.concat_tables(tables or [results.SCHEMA.empty_table()]).to_pandas()
    for name, value in DEFAULTS.items():
        rows[name] = rows[name].fillna(value).astype(type(value))
    rows = rows.sort_values(["algorithm", "noise_rate", "seed", "round"], kind="stable")
    return rows.reset_index(drop=True)


def unfinished(experiment: Experiment, rows: Any) -> list[str]:
    """What is missing of the grid: a line for the cells of each algorithm."""
    found = dict(iter(rows.groupby(["algorithm", "noise_rate", "seed"])))
    lines = []
    for algorithm in experiment.algorithms:
        cells = [cell for cell in experiment.cells if cell.algorithm == algorithm.name]
        open_ = []
        for cell in cells:
            giver = cell._replace(algorithm=algorithm.masks_from)
            parts = [found[c] for c in (cell, giver) if c in found]
            done = len(found.get(cell, ()))
            ended = any(len(p) and p["diverged"].iloc[-1] and done >= len(p) for p in parts)
            if done <= algorithm.rounds and not ended:
                open_.append(f"{where(cell)} ({done} of {algorithm.rounds + 1} rounds)")
        if open_:
            lines.append(
                f"{algorithm.name}: {len(open_)} of {len(cells)} cells are not finished: "
                f"{first(open_)}"
            )
    return lines


def where(cell: Any) -> str:
    return f"noise {cell.noise_rate:g}, seed {cell.seed}"


def first(things: list[str]) -> str:
    """The first few of many."""
    more = len(things) - LISTED
    return "; ".join(things[:LISTED]) + (f"; and {more} more" if more > 0 else "")


def diverged(rows: Any) -> list[str]:
    """A line for the diverged cells of each algorithm."""
    lines = []
    for name, part in rows[rows["diverged"]].groupby("algorithm"):
        cells = [f"{where(row)} in round {row.round}" for row in part.itertuples()]
        ends = "cell diverged and ends" if len(cells) == 1 else "cells diverged and end"
        lines.append(f"{name}: {len(cells)} {ends} there: {first(cells)}")
    return lines


def summarised(problems: Iterable[str]) -> list[str]:
    """The problems; of more than a dozen alike the first three and a count."""
    kinds: dict[str, list[str]] = {}
    for problem in problems:
        kinds.setdefault(" ".join(w for w in problem.split() if "/" not in w), []).append(problem)
    lines = []
    for alike in kinds.values():
        many = len(alike) > 12
        lines += alike[:3] if many else alike
        lines += [f"and {len(alike) - 3} more files like these"] if many else []
    return lines
