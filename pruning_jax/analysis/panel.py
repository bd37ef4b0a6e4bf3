"""Rows as arrays: read once, so that every analysis is arithmetic on [seed, round]."""

from dataclasses import dataclass, field
from functools import cached_property
from math import isclose
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pruning_jax.analysis.settings import Settings

KEYS = ("algorithm", "noise_rate", "seed", "round")
SIZES = ("weights_total", "weights_remaining", "density", "epochs_trained", "diverged")
MEASURED = (
    *("train_loss", "train_accuracy", "train_true_accuracy"),
    *("clean_accuracy", "noisy_accuracy", "noisy_recovered"),
    *("validation_loss", "validation_accuracy", "validation_noisy_accuracy"),
    *("test_loss", "test_accuracy", "distance"),
)
"""Columns that a diverged row does not have."""


class Family(NamedTuple):
    """The networks of one name in the column `algorithm`."""

    name: str
    width: float = 1.0
    without: str = ""
    control_of: str = ""
    control_round: int = 0


@dataclass(frozen=True)
class Panel:
    """All rows; `values[column]` is an array [rate, family, seed, round], NaN where none is."""

    rates: np.ndarray
    families: tuple[Family, ...]
    seeds: np.ndarray
    values: dict[str, np.ndarray]

    @cached_property
    def place(self) -> dict[str, int]:
        """The index of each family."""
        return {family.name: i for i, family in enumerate(self.families)}

    @cached_property
    def density(self) -> np.ndarray:
        """The density of [rate, family, round]: the mean over the seeds that have it."""
        return mean(self.values["density"], 2)

    @cached_property
    def main(self) -> list[str]:
        """The algorithms that the grid names."""
        return [f.name for f in self.families if not (f.without or f.control_of)]

    @cached_property
    def pruning(self) -> list[str]:
        """Those of them that prune."""
        below = np.nanmin(self.density, (0, 2), initial=1) < 1
        return [name for name in self.main if below[self.place[name]]]

    def pruned(self, settings: Settings) -> str:
        """The algorithm that the claims are about; "" where none prunes."""
        names = self.pruning
        return settings.pruned if settings.pruned in names else next(iter(names), "")

    def control(self, name: str, without: str) -> str:
        """The control of an algorithm that left out these examples; "" where there is none."""
        wanted = (without, name)
        return next((f.name for f in self.families if (f.without, f.control_of) == wanted), "")

    def scaled(self, settings: Settings) -> list[Family]:
        """The width-scaled dense models."""
        wanted = ("", settings.extended)
        return [f for f in self.families if (f.without, f.control_of) == wanted and f.width != 1]


@dataclass(frozen=True)
class Slice:
    """A panel at one noise rate."""

    panel: Panel
    rate: int  # index
    _starts: dict[tuple[str, float, str], np.ndarray] = field(default_factory=dict, repr=False)

    @property
    def noise(self) -> float:
        return float(self.panel.rates[self.rate])

    def of(self, name: str, column: str) -> np.ndarray:
        """A column of a family, [seed, round]; NaN for a family that there is not."""
        values = self.panel.values[column][self.rate]
        if name not in self.panel.place:
            return np.full(values.shape[1:], np.nan)
        return values[self.panel.place[name]]

    def start(self, column: str, width: float = 1.0, without: str = "") -> np.ndarray:
        """A column in round 0, [seed], of any family with this width and these examples: they
        share it."""
        if (column, width, without) in self._starts:
            return self._starts[column, width, without]
        found = np.full(len(self.panel.seeds), np.nan)
        for family in self.panel.families:
            if family.without == without and isclose(family.width, width):
                own = self.of(family.name, column)[:, 0]
                found = np.where(np.isnan(found), own, found)
        self._starts[column, width, without] = found
        return found

    def density(self, name: str) -> np.ndarray:
        """The density of each round."""
        if name not in self.panel.place:
            return np.full(self.panel.density.shape[2], np.nan)
        return self.panel.density[self.rate, self.panel.place[name]]

    def degradation(self, name: str) -> np.ndarray:
        """Accuracy degradation due to noisy examples, [seed, round]: test accuracy when trained
        without them minus test accuracy when trained with them (the definition is ours)."""
        control = self.panel.control(name, "noisy")
        return self.of(control, "test_accuracy") - self.of(name, "test_accuracy")

    def diverged(self, *names: str) -> int:
        """How many networks of these families diverged."""
        return int(sum(np.nansum(self.of(name, "diverged")) for name in names))


def read(rows: pd.DataFrame) -> Panel:
    """The rows of a run, complete or not. Columns that are missing are NaN or, for what tells
    controls from algorithms, say that there are no controls."""
    known: Any = rows if set(KEYS) <= set(rows.columns) else pd.DataFrame(columns=[*KEYS])
    if known[[*KEYS]].isna().to_numpy().any():
        known = known.dropna(subset=[*KEYS])
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
    kinds = known.iloc[first]
    columns = [
        [float(w) for w in _numbers(kinds, "width", 1.0)],
        *([_text(t) for t in kinds.get(n, [""] * len(kinds))] for n in ("without", "control_of")),
        [int(n) for n in _numbers(kinds, "control_round", 0.0)],
    ]
    families = tuple(Family(str(name), *rest) for name, *rest in zip(names, *columns, strict=True))
    return Panel(np.asarray(rates), families, np.asarray(seeds), values)


def _numbers(rows: Any, column: str, missing: float = np.nan) -> np.ndarray:
    """A column as floats, with `missing` where there is none."""
    if column not in rows:
        return np.full(len(rows), missing)
    numbers = rows[column].to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isnan(numbers), missing, numbers)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def mean(values: np.ndarray, axis: int = 0) -> np.ndarray:
    """The mean of what is there along an axis; NaN where nothing is."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0).sum(axis) / known.sum(axis))


def known(values: Any) -> np.ndarray:
    """Which rounds of [seed, round] have a finite value."""
    return np.asarray(np.isfinite(values).any(0))


def slices(panel: Panel) -> list[Slice]:
    """One for each noise rate."""
    return [Slice(panel, i) for i in range(len(panel.rates))]
