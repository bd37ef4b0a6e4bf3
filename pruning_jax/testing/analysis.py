"""The laws of an analysis."""

import io
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias, cast

import numpy as np
import pandas as pd

from pruning_jax.analysis.settings import DEFAULTS, Settings
from pruning_jax.errors import said
from pruning_jax.plugins import ANALYSES
from pruning_jax.testing.made_up import made_up
from pruning_jax.workdir import paths
from pruning_jax.workdir.collect import Run

Analysis: TypeAlias = Callable[[Run, Settings], pd.DataFrame]

MEASURED = ("accuracy", "loss", "recovered", "distance")
"""How the columns end that are NaN in the row of a network that diverged."""


def check_analysis(table: Analysis | str) -> None:
    """Checks that an analysis keeps the laws of analyses, on a small run that is made up for it.

    It works on a whole run, on one without rows, with one seed, with a network that diverged, and
    if a file of examples is missing; each time it gives a DataFrame with the same columns, which
    can be written as CSV. It leaves the rows that it is given as they are. It gives the same
    table when it is asked again, and also if the rows come in another order.

    >>> check_analysis("curves")

    Args:
      table: the function, or its name: that of a built-in analysis, or "my_module:name".

    Raises:
      AssertionError: a law is broken; the message says which, and what to do.
      WrongUse: there is no analysis of this name.
    """
    analysis = cast(Analysis, ANALYSES.find(table)) if isinstance(table, str) else table
    name = table if isinstance(table, str) else getattr(table, "__name__", repr(table))
    with tempfile.TemporaryDirectory() as folder:
        whole = made_up(Path(folder))
        expected = _table(name, analysis, whole, "a whole run")
        _check_csv(name, expected)
        for what, run in _partial(whole).items():
            own = _table(name, analysis, run, what)
            _law(
                [*own.columns] == [*expected.columns],
                f"{name}: the table of {what} has the columns {[*own.columns]}, that of a whole "
                f"run {[*expected.columns]}. Name the columns even if there are no rows: "
                "pd.DataFrame(records, columns=[...])",
            )
        _check_repeats(name, analysis, whole, expected)
        _check_order(name, analysis, whole, expected)
        _check_missing_file(name, analysis, whole, expected)


def _law(holds: bool, message: str) -> None:
    """Raises AssertionError with a message unless a law holds."""
    if not holds:
        raise AssertionError(message)


def _table(name: str, analysis: Analysis, run: Run, what: str) -> pd.DataFrame:
    """The table of a run, once it is certain that it is one and that the rows are as before."""
    rows = run.rows.copy()
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # as of NumPy, for a mean of nothing
            found = analysis(replace(run, rows=rows), DEFAULTS)
    except Exception as error:
        raise AssertionError(
            f"{name} raised {said(error)} on {what}. An analysis must work on any run, because a "
            "report is also made of one that is unfinished; where it has nothing to say, it gives "
            "a table without rows"
        ) from error
    _law(
        isinstance(found, pd.DataFrame),
        f"{name} gave a {type(found).__name__} on {what}. It must give a pandas DataFrame",
    )
    _law(
        rows.equals(run.rows),
        f"{name} changed the rows of {what}. Other analyses read them, too: work on a copy, as "
        "run.rows.assign(...) gives one",
    )
    return found


def _partial(whole: Run) -> dict[str, Run]:
    """Runs that lack something, in words."""
    rows = whole.rows
    ended = (rows["algorithm"] == "lrr") & (rows["seed"] == 1) & (rows["round"] >= 2)
    measured = [name for name in rows if str(name).endswith(MEASURED)]
    diverged = rows.copy()
    diverged.loc[ended, "diverged"] = True
    diverged.loc[ended, measured] = np.nan
    parts = {
        "a run without rows": rows.iloc[:0],
        "a run with one seed": rows[rows["seed"] == 0],
        "a run in which a network diverged": diverged[~ended | (diverged["round"] == 2)],
    }
    return {what: replace(whole, rows=cast(pd.DataFrame, part)) for what, part in parts.items()}


def _check_csv(name: str, table: pd.DataFrame) -> None:
    """The table can be written as CSV and read again."""
    columns = [*table.columns]
    _law(
        all(isinstance(column, str) for column in columns) and len({*columns}) == len(columns),
        f"{name}: the columns {columns} are not all different texts. They are the first line of a "
        "CSV file, so that each needs a name of its own",
    )
    for column in columns:
        odd = [type(v).__name__ for v in table[column] if not pd.api.types.is_scalar(v)]
        _law(
            not odd,
            f"{name}: the column {column!r} has a {', '.join(odd[:1])}. An entry of a CSV file is "
            "one number or one text; give what has several parts several columns or rows",
        )
    _law(
        [*table.index.names] == [None],
        f"{name}: the index of the table is {[*table.index.names]}, and an index is not written "
        "into a CSV file. Make it columns: table.reset_index()",
    )
    text = io.StringIO(table.to_csv(index=False))
    again = pd.read_csv(text, skip_blank_lines=False) if columns else table
    _law(
        again.shape == table.shape,
        f"{name}: written as CSV and read again, the table has the shape {again.shape} instead of "
        f"{table.shape}. Its entries should be numbers and texts of one line",
    )


def _check_repeats(name: str, analysis: Analysis, run: Run, expected: pd.DataFrame) -> None:
    """The same run gives the same table."""
    again = _table(name, analysis, run, "a whole run")
    _law(
        expected.equals(again),
        f"{name} gave another table when it was asked again. What is random must come from a "
        "generator with a fixed seed: np.random.default_rng(settings.seed)",
    )


def _check_order(name: str, analysis: Analysis, run: Run, expected: pd.DataFrame) -> None:
    """Rows in another order give the same table, perhaps in another order."""
    shuffled = run.rows.sample(frac=1, random_state=0, ignore_index=True)
    other = _table(name, analysis, replace(run, rows=shuffled), "a run with shuffled rows")
    try:
        pd.testing.assert_frame_equal(_sorted(other), _sorted(expected), check_dtype=False)
    except AssertionError as error:
        raise AssertionError(
            f"{name} gave another table when the rows came in another order. Find a row by its "
            "algorithm, noise rate, seed and round, not by its place"
        ) from error


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    """A table in an order that does not depend on the last digits of numbers."""
    keys = table.map(lambda v: f"{v:.6g}" if isinstance(v, float) else str(v))
    return table.loc[keys.sort_values([*keys.columns]).index].reset_index(drop=True)


def _check_missing_file(name: str, analysis: Analysis, run: Run, expected: pd.DataFrame) -> None:
    """A file of examples that is missing costs what needs it, not the whole table."""
    paths.examples(run.workdir, run.cells[0]).unlink()
    what = "a run that lacks a file of examples (see run.every_examples)"
    own = _table(name, analysis, run, what)
    _law([*own.columns] == [*expected.columns], f"{name}: the table of {what} has other columns")
