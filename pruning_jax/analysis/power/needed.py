"""The smallest effects that the tests of a claim find, in tables that are made up.

Every verdict that supports a claim is an effect beyond half an interval. So one table of luck, to
which no effect is added, tells the smallest effect with which it would be one. The share of tables
for which an effect suffices is its power; no effect needs to be tried.

The luck of networks is normal and independent, and measures that share a network go together
(`spread.NETWORKS`). The intervals are those of the verdicts, at the level of the first step of
Holm's correction. The effect is at one density; at several of them power is higher.
"""

from bisect import bisect_left
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from pruning_jax.analysis.claims import judge
from pruning_jax.analysis.claims.trials import Part
from pruning_jax.analysis.power.spread import NETWORKS, Spreads, size
from pruning_jax.analysis.settings import Settings

POWER = 0.8
"""How often an effect should be found (Cohen 1988, Statistical Power Analysis)."""

MOST = 100
"""The most seeds that are tried."""

TABLES, FEWER = 4_000, 500
"""Tables that are made up, and of those whose intervals are bootstrapped: the standard errors of a
power of 0.8 are 0.6 and 1.8 points."""

LARGE = 30
"""Seeds from which on Student's t stands for the bootstrap-t; it finds effects 3 % smaller, in a
hundredth of the time."""


class Test(NamedTuple):
    """What a claim is tested with."""

    claim: int
    seeds: int
    densities: int  # that Holm's correction is over

    def parts(self, settings: Settings) -> list[Part]:
        """All that must hold at one density for a claim to be supported."""
        return [part for (part,) in judge.claim(self.claim, settings).support]


@cache
def luck(
    measure: str, seeds: int, densities: int, settings: Settings
) -> Float[ndarray, "two table"]:
    """The mean of a measure over seeds and half its interval, if nothing differs but by luck, and
    the spread is 1."""
    bootstrap = settings.bootstrap_from <= seeds < LARGE
    own = settings if bootstrap else replace(settings, bootstrap_from=MOST + 1)
    shape = (seeds, FEWER if bootstrap else TABLES)
    names = sorted({name for signs in NETWORKS.values() for name in signs})
    values = np.zeros(shape)
    for name, sign in NETWORKS[measure].items():  # a network has the same luck in all measures
        rng = np.random.default_rng([settings.seed, names.index(name)])
        values += sign / size(measure) * rng.standard_normal(shape)
    found = own.estimates(values, 1 - 2 * settings.alpha / densities)
    return np.stack([found.mean, found.mean - found.low])


def least(test: Test, spreads: Spreads, settings: Settings) -> Float[ndarray, " table"]:
    """The smallest effect with which each table supports a claim: a fraction of accuracy, of claim
    2 the logarithm of a factor. Infinite where none suffices.

    The effect is the same in all that must be beyond 0. What must be equivalent has none; so in a
    table where that is not seen, no effect helps.
    """
    found = np.zeros(1)
    for part in test.parts(settings):
        own = luck(part.measure, test.seeds, test.densities, settings)
        mean, half = own * spreads[part.measure]
        missing = half - (mean - part.limit) * (1 if part.above else -1)
        if part.limit:
            missing = np.where(missing < 0, 0, np.inf)
        found = np.maximum(found, missing)
    return found


def smallest(test: Test, spreads: Spreads, settings: Settings) -> float:
    """The smallest effect that is found with a power of `POWER`; infinite if none is."""
    every = least(test, spreads, settings)
    return float(np.quantile(every, POWER, method="inverted_cdf"))


def power(test: Test, effect: float, spreads: Spreads, settings: Settings) -> float:
    """How often an effect is found."""
    return float((least(test, spreads, settings) <= effect).mean())


def seeds(test: Test, effect: float, spreads: Spreads, settings: Settings) -> int | None:
    """The fewest seeds that find an effect with a power of `POWER`; None if `MOST` are too few.

    Power falls from nine seeds to ten, where the bootstrap begins, so that up to there every
    number is tried.
    """

    def enough(count: int) -> bool:
        return power(test._replace(seeds=count), effect, spreads, settings) >= POWER

    few = range(settings.minimum_seeds, min(settings.bootstrap_from, MOST + 1))
    found = next((count for count in few if enough(count)), None)
    if found is None and enough(MOST):
        many = range(max(settings.minimum_seeds, settings.bootstrap_from), MOST + 1)
        found = many[bisect_left(many, True, key=enough)]
    return found
