"""The laws of an exploration."""

import contextlib
import functools
import io
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa

from pruning_jax.errors import said
from pruning_jax.experiment.config import Config, defaults
from pruning_jax.exploring import explore
from pruning_jax.exploring.bench import Bench
from pruning_jax.exploring.exploration import Choice, Exploration
from pruning_jax.grid import session
from pruning_jax.testing.laws import law
from pruning_jax.workdir.collect import Run, load
from pruning_jax.workdir.explored import Unit


def check_exploration(name: str) -> None:
    """Checks that an exploration keeps the laws of explorations, on a small run.

    The run is trained for it, in some seconds. Each of its rows has a value for every column, of
    the type that the column says; looking again gives the same rows, also where other networks were
    looked at before; and nothing but its own table is written to the workdir.

    >>> check_exploration("cost")

    Args:
      name: that of a built-in exploration, or "my_module:EXPLORATION".

    Raises:
      AssertionError: a law is broken; the message says which, and what to do.
      WrongUse: there is no exploration of this name.
    """
    own = explore.find(name)
    _check_settings(name, own)
    with _copy(tiny()) as run:
        before = _files(run.workdir)
        units = own.units(run, Choice())
        _check_units(name, units)
        for unit in (units[0], units[-1]):
            _check_rows(name, own, Bench(run), unit)
        few = explore.explore(run, name, Choice(rounds=(1,)))
        whole = explore.explore(run, name)
        left = _files(run.workdir) - before
        law(
            left == {f"explored/{explore.table_name(name)}.{end}" for end in ("csv", "parquet")},
            f"{name}: it wrote {', '.join(sorted(left))} into the workdir",
        )
    with _copy(tiny()) as run:
        again = explore.explore(run, name)
    law(
        again.equals(whole) and len(few) <= len(whole),
        f"{name}: rows are others if some networks were looked at before. Draw random numbers from "
        "a key of the seed, and keep nothing between calls",
    )


def _check_settings(name: str, own: Exploration) -> None:
    for key, value in own.settings.items():
        law(
            type(value) in (int, float) and value > 0,
            f"{name}: the default of {key} is {value!r}; it must be a positive number",
        )


def _check_units(name: str, units: list[Unit]) -> None:
    law(bool(units), f"{name}: it finds nothing to look at in a whole run")
    counts = {len(unit) for unit in units}
    law(counts in ({0}, {1}, {2}), f"{name}: units have {sorted(counts)} networks, not 1 or 2")
    law(len({*units}) == len(units), f"{name}: it looks at the same networks twice")


def _check_rows(name: str, own: Exploration, bench: Bench, unit: Unit) -> None:
    """Checks the rows of one unit."""
    try:
        first, second = (own.look(bench, unit, own.settings) for _ in range(2))
    except Exception as error:
        raise AssertionError(f"{name} raised {said(error)} where it looked at {unit}") from error
    law(bool(first), f"{name}: there is no row about {unit}. Give one with NaN where nothing is")
    law(
        pd.DataFrame(first).equals(pd.DataFrame(second)),
        f"{name}: looking at {unit} twice gives other rows",
    )
    for row in first:
        for column in own.columns:
            law(column.name in row, f"{name}: a row lacks the column {column.name}")
            try:
                pa.array([row[column.name]], column.type)
            except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
                raise AssertionError(
                    f"{name}: {column.name} is {row[column.name]!r}, no {column.type}. Turn what "
                    "JAX or NumPy gives into Python's numbers"
                ) from error


def config() -> Config:
    """A grid that is trained in some seconds: two algorithms that prune, noise, controls."""
    own = defaults()
    own.dataset, own.model = "digits", "lenet_300_100"
    own.train_images, own.epochs, own.batch_size, own.rounds = 200, 2, 50, 3
    own.width, own.prune_fraction = 0.05, 0.5
    own.grid.algorithms = ("lrr", "random", "extended_dense")
    own.grid.noise_rates, own.grid.seeds = (0.0, 0.4), (0, 1)
    own.controls.width_rounds = (2,)
    own.save.params = True
    return own


@functools.cache
def tiny() -> Run:
    """That run, which is trained once in a process."""
    folder = tempfile.TemporaryDirectory()
    _KEPT.append(folder)
    with contextlib.redirect_stdout(io.StringIO()):
        session.run(config(), Path(folder.name) / "run")
    return load(Path(folder.name) / "run")


_KEPT: list[tempfile.TemporaryDirectory] = []  # a folder goes with its object


@contextlib.contextmanager
def _copy(run: Run) -> Iterator[Run]:
    """A copy of a run, in which nobody has explored anything."""
    with tempfile.TemporaryDirectory() as folder:
        workdir = Path(folder) / "run"
        shutil.copytree(run.workdir, workdir)
        yield load(workdir)


def _files(workdir: Path) -> set[str]:
    return {str(path.relative_to(workdir)) for path in workdir.rglob("*") if path.is_file()}
