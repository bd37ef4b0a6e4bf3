"""The runs of a report, and how they are told apart where there are several."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pruning_jax.analysis.answers import Tables
from pruning_jax.errors import printable, require
from pruning_jax.reporting.chart import DASHES, MARKERS, Style
from pruning_jax.reporting.facts import Facts, facts_of, places_of
from pruning_jax.workdir.collect import Run

MOST = len(DASHES)
"""How many runs can be told apart in one figure, by the dashes of their lines."""

NAMES = ("algorithm", "control_of", "other_algorithm")
"""The columns in which algorithms are named."""


class Part(NamedTuple):
    """A run of a report with its tables; the label is empty where it is the only one."""

    label: str
    run: Run
    tables: Tables
    problems: list[str]

    def named(self, algorithm: str) -> str:
        """The name of an algorithm of this run in the report."""
        return f"{self.label}: {algorithm}" if self.label and algorithm else algorithm

    def renamed(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table with the names that its algorithms have in the report."""
        there = [name for name in NAMES if name in table and self.label]
        return table.assign(**{name: table[name].map(self.named) for name in there})

    @property
    def facts(self) -> Facts:
        """What the charts of the run share."""
        asked = self.run.experiment
        order = [self.named(algorithm.name) for algorithm in asked.algorithms] if asked else []
        return facts_of(self.renamed(self.run.rows), order)


def labels(workdirs: Sequence[Path]) -> list[str]:
    """Short names of workdirs: as many of the last folders of their paths as tell them apart.

    >>> labels([Path("/runs/new/digits"), Path("/runs/old/digits")]), labels([Path("/runs/digits")])
    (['new/digits', 'old/digits'], [''])
    """
    require(len(workdirs) <= MOST, f"--workdir: {len(workdirs)} runs, but {MOST} can be told apart")
    if len(workdirs) == 1:
        return [""]
    places = [workdir.resolve() for workdir in workdirs]
    require(len({*places}) == len(places), "--workdir: the same directory is given twice")
    deepest = max(len(place.parts) for place in places)
    tails = ([Path(*p.parts[-n:]).as_posix() for p in places] for n in range(1, deepest + 1))
    shortest = next(names for names in tails if len({*names}) == len(names))
    return [printable(name) for name in shortest]


def shared(parts: Sequence[Part]) -> list[Facts]:
    """The facts of each run, so that their charts can be joined.

    Algorithms of one name have one colour. The runs differ in dashes and markers.
    """
    facts = [part.facts for part in parts]
    if len(facts) == 1:
        return facts
    plain = [
        {name: name.removeprefix(part.named("-")[:-1]) for name in own.algorithms}
        for part, own in zip(parts, facts, strict=True)
    ]
    colours = places_of(name for names in plain for name in names.values())
    looks = {
        name: apart(Style(colours[bare], colours[bare], 0), place)
        for place, names in enumerate(plain)
        for name, bare in names.items()
    }
    weights = {own.weights for own in facts}
    common = weights.pop() if len(weights) == 1 else None
    return [own._replace(algorithms=(*looks,), weights=common, looks=looks) for own in facts]


def apart(style: Style, place: int) -> Style:
    """The style of a series in the figures of the run at this place."""
    marker = (style.marker + 3 * place) % len(MARKERS)
    return replace(style, marker=marker, dash=style.dash + place)


def together(facts: Sequence[Facts]) -> Facts:
    """The facts of all runs: for what the whole page says and lets a reader choose."""
    first = facts[0]
    if len(facts) == 1:
        return first
    unpruned = tuple(name for own in facts for name in own.unpruned)
    rates = sorted({rate for own in facts for rate in own.rates})
    return first._replace(rates=tuple(rates), unpruned=unpruned)
