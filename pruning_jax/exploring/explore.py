"""Exploring: the rows of an exploration, those that are there already and those that are not."""

import functools
import time
from collections.abc import Callable
from typing import TypeAlias

import pandas as pd

from pruning_jax.errors import OwnCode, WrongUse, one_of, require
from pruning_jax.exploring.bench import Bench
from pruning_jax.exploring.exploration import OTHER, WHERE, Choice, Exploration, Settings
from pruning_jax.plugins import EXPLORATIONS, trying
from pruning_jax.workdir import explored, locks, paths
from pruning_jax.workdir.collect import Run
from pruning_jax.workdir.columns import Column, Row
from pruning_jax.workdir.damage import Damaged
from pruning_jax.workdir.explored import Unit

SAVED_EVERY = 5.0
"""Seconds after which rows are written that are not yet."""

Known: TypeAlias = dict[Unit, list[Row]]
"""The rows of each unit."""

Told: TypeAlias = Callable[[Unit, int, int], None]
"""Told of a unit that is looked at next, how many were before it, and how many there are."""


def find(name: str) -> Exploration:
    """The exploration of a name: `sharpness`, or `my_module:EXPLORATION`.

    Raises:
      WrongUse: there is none, or it is something else.
    """
    found = EXPLORATIONS.find(name)
    require(
        isinstance(found, Exploration),
        f"exploration {name!r} is of type {type(found).__name__}; it must be a "
        "pruning_jax.exploring.exploration.Exploration",
    )
    return found


def table_name(name: str) -> str:
    """The name of the table of an exploration; a user's own has it from its module.

    >>> table_name("my_module:EXPLORATION")
    'my_module'
    """
    return name.partition(":")[0].rpartition(".")[2] if ":" in name else name


def explore(
    run: Run,
    name: str,
    choice: Choice = Choice(),  # noqa: B008  a tuple, which nobody can change
    settings: Settings | None = None,
    data_dir: str = "",
    told: Told | None = None,
) -> pd.DataFrame:
    """The rows of an exploration of the chosen networks.

    What an earlier call has found is not looked for again. New rows are written to `explored/` in
    the workdir every few seconds, so that a call that is interrupted loses hardly anything. Several
    processes may look at different networks of a run.

    Args:
      run: as `pruning_jax.load` gives it.
      name: of the exploration.
      choice: which networks.
      settings: those that shall differ from the defaults of the exploration.
      data_dir: where the prepared data set lies; "" for its usual place.
      told: told of each unit before it is looked at.

    Raises:
      WrongUse: something that is asked for is not there, or rows with other settings are.
    """
    exploration = find(name)
    own = _settings(name, exploration, settings or {})
    kept = _kept(run, table_name(name), own)
    _check_params(run, name, exploration)
    units = exploration.units(run, choice)
    count = len(units[0]) if units else 1
    known = _by_unit(kept, count)
    columns = [*((), WHERE, WHERE + OTHER)[count], *exploration.columns]
    left = [unit for unit in units if unit not in known]
    look = functools.partial(_look, name, exploration, Bench(run, data_dir), own, columns)
    save = functools.partial(_save, run, table_name(name), columns, own)
    _add(known, left, look, save, told)
    rows = [row for unit in units for row in known[unit]]
    return pd.DataFrame(rows, columns=[column.name for column in columns])


def _add(
    known: Known,
    left: list[Unit],
    look: Callable[[Unit], list[Row]],
    save: Callable[..., None],
    told: Told | None,
) -> None:
    """Adds the rows of the units that are left, which are saved now and then, and at the end."""
    saved = time.monotonic()
    try:
        for before, unit in enumerate(left):
            if told:
                told(unit, before, len(left))
            known[unit] = look(unit)
            if time.monotonic() - saved > SAVED_EVERY:
                save(known, as_csv=False)
                saved = time.monotonic()
    finally:
        if left and known:  # nothing is known if the first unit was refused
            save(known, as_csv=True)


def _by_unit(found: explored.Explored, networks: int) -> Known:
    """The rows that were found, by their units of so many networks."""
    known: Known = {}
    for row in found.rows if networks else []:  # what is about the whole run is made again
        known.setdefault(explored.unit_of(row, networks), []).append(row)
    return known


def _save(
    run: Run, table: str, columns: list[Column], own: Settings, known: Known, *, as_csv: bool
) -> None:
    """Writes all rows that are known, and those that another process has found meanwhile."""
    with locks.exclusive(run.workdir):
        there = explored.read(run.workdir, table)
        others = _by_unit(there, len(next(iter(known)))) if there.settings == own else {}
        rows = [row for rows in (others | known).values() for row in rows]
        explored.write(run.workdir, table, columns, rows, own, as_csv=as_csv)


def _look(
    name: str,
    exploration: Exploration,
    bench: Bench,
    own: Settings,
    columns: list[Column],
    unit: Unit,
) -> list[Row]:
    """The rows of a unit, with the columns that say which networks they are about.

    Raises:
      OwnCode: they have other columns than the exploration says.
    """
    with trying(EXPLORATIONS, name):
        found = exploration.look(bench, unit, own)
    where = Row()
    for before, network in zip(("", "other_"), unit, strict=False):
        where |= {f"{before}{key}": value for key, value in network._asdict().items()}
        where[f"{before}density"] = bench.density(network)
    for row in found:
        differ = sorted({*where, *row} ^ {column.name for column in columns})
        if differ:
            raise OwnCode(
                f"exploration {name!r}: {', '.join(differ)} should be in its columns and in each "
                "of its rows, or in neither"
            )
    return [{c.name: {**where, **row}[c.name] for c in columns} for row in found]


def _settings(name: str, exploration: Exploration, given: Settings) -> dict[str, int | float]:
    """The settings of an exploration: its defaults, and what is given instead."""
    for key, value in given.items():
        require(bool(exploration.settings), f"setting {key}: {name} has no settings")
        one_of(f"setting of {name}", key, exploration.settings)
        kind = type(exploration.settings[key])
        fine = type(value) in (kind, int) and value > 0
        require(fine, f"setting {key} of {name}: {value!r} is not a positive {kind.__name__}")
    return {**exploration.settings, **given}


def _kept(run: Run, table: str, own: Settings) -> explored.Explored:
    """What was found earlier.

    Raises:
      WrongUse: it cannot be read, or was found with other settings.
    """
    path = paths.explored(run.workdir, table, "parquet")
    try:
        there = explored.read(run.workdir, table)
    except Damaged as error:
        raise WrongUse(f"{error}; move the file away, and it is made again") from error
    was = ", ".join(f"{key}={value}" for key, value in there.settings.items())
    require(
        not there.rows or there.settings == own,
        f"{path} was made with other settings ({was}); choose these, or move the file away",
    )
    return there


def _check_params(run: Run, name: str, exploration: Exploration) -> None:
    """Raises WrongUse where parameters are needed that the run has not kept."""
    kept = run.experiment is None or run.experiment.save_params or not exploration.needs_params
    require(
        kept,
        f"{name} needs the parameters of networks, which {run.workdir} does not have: run it with "
        "--config.save.params",
    )
