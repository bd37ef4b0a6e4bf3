"""All tables of a run, from what can be read of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import pandas as pd

from pruning_jax.analysis.settings import DEFAULTS, Settings
from pruning_jax.errors import require
from pruning_jax.plugins import ANALYSES
from pruning_jax.workdir.attempt import attempt
from pruning_jax.workdir.collect import Run, summarised

Tables: TypeAlias = dict[str, pd.DataFrame]
"""The tables of a run by their names."""


def named(analyses: Sequence[str] = ()) -> dict[str, str]:
    """The names of the tables, and the analysis that makes each: all built-in ones and these.

    Args:
      analyses: analyses elsewhere, as `my_module:name`; the table is called `name`.

    Raises:
      WrongUse: one is not an analysis, or two tables would have one name.
    """
    found = {name: name for name in ANALYSES.names}
    for analysis in analyses:
        if analysis in ANALYSES.names:  # it is made anyway
            continue
        what = ANALYSES.find(analysis)
        require(callable(what), f"analysis {analysis!r} is {what!r}, not a function")
        name = analysis.rpartition(":")[2]
        require(
            name not in found,
            f"analysis {analysis!r}: there is a table {name} already, that of "
            f"{found.get(name)!r}; give the function another name",
        )
        found[name] = analysis
    return found


def tables(
    run: Run,
    problems: list[str],
    settings: Settings = DEFAULTS,
    analyses: Sequence[str] = (),
) -> Tables:
    """The tables that can be computed.

    Args:
      run: a workdir, as far as it can be read.
      problems: gets a line for each table that cannot be computed, and for each file of examples
        that cannot be read.
      settings: the thresholds.
      analyses: analyses elsewhere, as `my_module:name`, beside the built-in ones.

    Raises:
      WrongUse: one of `analyses` cannot be found.
    """
    lost: list[str] = []
    plugins = {name: ANALYSES.find(analysis) for name, analysis in named(analyses).items()}

    def table(name: str) -> pd.DataFrame:
        own = replace(run, rows=run.rows.copy())  # else one could change the rows of the others
        found = plugins[name](own, settings)
        if not isinstance(found, pd.DataFrame):  # a user's own may give anything
            raise TypeError(f"it gave a {type(found).__name__}, not a pandas DataFrame")
        return found

    found = {name: attempt(lambda n=name: table(n), f"table {name}", lost) for name in plugins}
    problems += summarised([*lost, *run.unreadable.values()])
    return {name: table for name, table in found.items() if table is not None}
