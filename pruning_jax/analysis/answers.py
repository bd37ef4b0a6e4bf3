"""All tables of a run, from what can be read of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from pruning_jax.analysis import curves, factors, removed, subgroups
from pruning_jax.analysis.attempt import attempt
from pruning_jax.analysis.augmented import augmented
from pruning_jax.analysis.claims import claims
from pruning_jax.analysis.collect import Run, summarised
from pruning_jax.analysis.degradation import degradation
from pruning_jax.analysis.descent import descent
from pruning_jax.analysis.optimum import optimum
from pruning_jax.analysis.settings import Settings

Tables = dict[str, pd.DataFrame]

ANALYSES: dict[str, Callable[[pd.DataFrame, Settings], pd.DataFrame]] = {
    "claims": claims,
    "curves": curves.curves,
    "relative_loss": curves.relative_loss,
    "degradation": degradation,
    "optimum": optimum,
    "two_factors": factors.two_factors,
    "factor_effects": factors.factor_effects,
    "augmented": augmented,
    "tie": removed.tie,
    "descent": descent,
    "memorisation": curves.memorisation,
}
"""By name, each from the rows."""

PER_EXAMPLE: dict[str, Callable[[Path, Any, list[str]], pd.DataFrame]] = {
    "subgroups": subgroups.subgroups,
    "el2n": subgroups.el2n,
}
"""By name, each from the workdir, for its examples.npz, and the rows; files that cannot be read
become lines of the list."""

NAMES = (*ANALYSES, *PER_EXAMPLE)


def tables(run: Run, problems: list[str], settings: Settings = Settings()) -> Tables:  # noqa: B008
    """The tables that can be computed; `problems` gets a line for each other one."""
    lost: list[str] = []
    made = {name: lambda a=a: a(run.rows, settings) for name, a in ANALYSES.items()}
    made |= {name: lambda a=a: a(run.workdir, run.rows, lost) for name, a in PER_EXAMPLE.items()}
    found = {name: attempt(make, f"table {name}", lost) for name, make in made.items()}
    problems += summarised(dict.fromkeys(lost))
    return {name: table for name, table in found.items() if table is not None}
