"""Rows as arrays: read once, so that every analysis is arithmetic on [seed, round]."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import isclose
from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from jaxtyping import Float
from numpy import ndarray

from pruning_jax.analysis import resolution
from pruning_jax.analysis.settings import Settings
from pruning_jax.errors import require

KEYS = ("algorithm", "noise_rate", "seed", "round")
SIZES = ("weights_total", "weights_remaining", "density", "epochs_trained", "diverged")
MEASURED = (
    *("train_loss", "train_accuracy", "train_true_accuracy"),
    *("clean_accuracy", "noisy_accuracy", "noisy_recovered"),
    *("validation_loss", "validation_accuracy", "validation_noisy_accuracy"),
    *("test_loss", "test_accuracy", "distance"),
)
"""Columns that do not count in the row of a network that diverged."""


Record: TypeAlias = tuple[str | float | int, ...]
"""A row of a table that an analysis makes, in the order of its columns."""


class Family(NamedTuple):
    """The networks of one name in the column `algorithm`."""

    name: str
    width: float = 1.0
    without: str = ""
    control_of: str = ""
    control_round: int = 0


@dataclass(frozen=True)
class Measurements:
    """All rows; `values[column]` is an array [rate, family, seed, round], NaN where none is."""

    rates: ndarray
    families: tuple[Family, ...]
    seeds: ndarray
    values: dict[str, ndarray]
    dataset: str = ""  # its name, if all rows have the same

    @cached_property
    def place(self) -> dict[str, int]:
        """The index of each family."""
        return {family.name: i for i, family in enumerate(self.families)}

    @cached_property
    def density(self) -> ndarray:
        """The density of [rate, family, round]: the mean over the seeds that have it."""
        return mean(self.values["density"], 2)

    @cached_property
    def main(self) -> list[str]:
        """The algorithms that the grid names, which are not controls."""
        return [f.name for f in self.families if not (f.without or f.control_of)]

    @cached_property
    def pruning(self) -> list[str]:
        """Those of them that prune."""
        below = np.nanmin(self.density, (0, 2), initial=1) < 1
        return [name for name in self.main if below[self.place[name]]]

    def pruned(self, settings: Settings) -> str:
        """The algorithm beside which factors are shown: the one that is asked for, else lrr, else
        the first that prunes; "" where none does."""
        wanted = [n for n in (settings.pruned, "lrr", *self.pruning) if n in self.pruning]
        return next(iter(wanted), "")

    @cached_property
    def resolution(self) -> float:
        """The smallest step of test accuracies: one test example."""
        return resolution.step(self.values["test_accuracy"])

    def control(self, name: str, without: str) -> str:
        """The control of an algorithm that left out these examples; "" where there is none."""
        wanted = (without, name)
        return next((f.name for f in self.families if (f.without, f.control_of) == wanted), "")

    def scaled(self, settings: Settings) -> list[Family]:
        """The dense models that differ from the standard one in their width alone."""
        wanted = ("", settings.extended)
        return [f for f in self.families if (f.without, f.control_of) == wanted and f.width != 1]


@dataclass(frozen=True)
class Slice:
    """The measurements at one noise rate."""

    measured: Measurements
    rate: int  # index
    _starts: dict[tuple[str, float, str], ndarray] = field(default_factory=dict, repr=False)

    @property
    def noise(self) -> float:
        """The noise rate."""
        return float(self.measured.rates[self.rate])

    def of(self, name: str, column: str) -> ndarray:
        """A column of a family, [seed, round]; NaN for a family that there is not."""
        values = self.measured.values[column][self.rate]
        if name not in self.measured.place:
            return np.full(values.shape[1:], np.nan)
        return values[self.measured.place[name]]

    def start(self, column: str, width: float = 1.0, without: str = "") -> ndarray:
        """A column in round 0, [seed]: that of any family with this width and these examples,
        because they share round 0."""
        if (column, width, without) in self._starts:
            return self._starts[column, width, without]
        found = np.full(len(self.measured.seeds), np.nan)
        for family in self.measured.families:
            if family.without == without and isclose(family.width, width):
                own = self.of(family.name, column)[:, 0]
                found = np.where(np.isnan(found), own, found)
        self._starts[column, width, without] = found
        return found

    def density(self, name: str) -> ndarray:
        """The density of each round."""
        if name not in self.measured.place:
            return np.full(self.measured.density.shape[2], np.nan)
        return self.measured.density[self.rate, self.measured.place[name]]

    def degradation(self, name: str) -> ndarray:
        """Accuracy degradation due to noisy examples, [seed, round]: test accuracy when trained
        without them minus test accuracy when trained with them (the definition is ours)."""
        control = self.measured.control(name, "noisy")
        return self.of(control, "test_accuracy") - self.of(name, "test_accuracy")

    def diverged(self, *names: str) -> int:
        """How many networks of these families diverged."""
        return int(sum(np.nansum(self.of(name, "diverged")) for name in names))


def read(rows: pd.DataFrame) -> Measurements:
    """The rows of a run, complete or not, as arrays.

    A column that is missing is NaN. Without the columns that tell controls from algorithms there
    are no controls.

    Raises:
      WrongUse: a round of a cell has two rows.
    """
    known = rows if set(KEYS) <= set(rows.columns) else pd.DataFrame(columns=[*KEYS])
    known = known.dropna(subset=[*KEYS])
    _refuse_duplicates(known)
    family, names = pd.factorize(known["algorithm"])
    rate, rates = pd.factorize(known["noise_rate"].to_numpy(float), sort=True)
    seed, seeds = pd.factorize(known["seed"].to_numpy(), sort=True)
    rounds = known["round"].to_numpy().astype(int)
    shape = (len(rates), len(names), len(seeds), int(rounds.max(initial=0)) + 1)
    index = np.ravel_multi_index((rate, family, seed, rounds), shape) if len(known) else rounds
    alive = ~(_numbers(known, "diverged") > 0)
    values = {}
    for column in (*SIZES, *MEASURED):
        numbers = _numbers(known, column)
        flat = np.full(int(np.prod(shape)), np.nan)
        keep = np.isfinite(numbers) & (alive if column in MEASURED else True)
        flat[index] = np.where(keep, numbers, np.nan)
        values[column] = flat.reshape(shape)
    first = np.unique(family, return_index=True)[1]
    families = _families(known.iloc[first], [str(name) for name in names])
    datasets = {*_texts(known, "dataset")}
    dataset = datasets.pop() if len(datasets) == 1 else ""
    return Measurements(np.asarray(rates), families, np.asarray(seeds), values, dataset)


def _refuse_duplicates(rows: pd.DataFrame) -> None:
    """Raises WrongUse if a round of a cell has two rows: none of them could be believed."""
    twice = rows.loc[rows.duplicated([*KEYS])]
    if len(twice):
        name, rate, seed, round_ = (twice[key].iloc[0] for key in KEYS)
        where = f"{name}, noise {rate:g}, seed {seed:g}, round {round_:g}"
        more = f", and of {len(twice) - 1} more" if len(twice) > 1 else ""
        require(False, f"there are 2 rows of {where}{more}")


def _families(rows: pd.DataFrame, names: Sequence[str]) -> tuple[Family, ...]:
    """The families of which there is one row each."""
    columns = (
        [float(width) for width in _numbers(rows, "width", 1.0)],
        _texts(rows, "without"),
        _texts(rows, "control_of"),
        [int(round_) for round_ in _numbers(rows, "control_round", 0.0)],
    )
    return tuple(Family(*values) for values in zip(names, *columns, strict=True))


def _numbers(rows: pd.DataFrame, column: str, missing: float = np.nan) -> ndarray:
    """A column as floats, with `missing` where there is none."""
    if column not in rows:
        return np.full(len(rows), missing)
    numbers = rows[column].to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isnan(numbers), missing, numbers)


def _texts(rows: pd.DataFrame, column: str) -> list[str]:
    """A column as text, empty where there is none."""
    if column not in rows:
        return [""] * len(rows)
    return [value if isinstance(value, str) else "" for value in rows[column]]


def mean(values: Float[ndarray, "..."], axis: int = 0) -> ndarray:
    """The mean of what is there along an axis; NaN where nothing is."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0).sum(axis) / known.sum(axis))


def known(values: Float[ndarray, "seed round"]) -> ndarray:
    """Which rounds have a finite value for any seed, bool [round]."""
    return np.asarray(np.isfinite(values).any(0))


def slices(measured: Measurements) -> list[Slice]:
    """One for each noise rate."""
    return [Slice(measured, i) for i in range(len(measured.rates))]
