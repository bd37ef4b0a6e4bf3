"""Statements about densities, and their tests.

A statement is made of clauses that must all hold, and a clause of parts of which one is enough. At
one density the p-value of a statement is the largest of its clauses (intersection-union, Berger
1982); that of a clause is the smallest of its k parts, times k (Bonferroni). That it holds
somewhere is tested with Holm's correction over the densities (Holm 1979); that it holds
everywhere needs no correction (intersection-union again).
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from pruning_jax.analysis import statistics
from pruning_jax.analysis.claims.evidence import Evidence
from pruning_jax.analysis.settings import Settings
from pruning_jax.analysis.statistics import Estimate, holm, holm_level


class Part(NamedTuple):
    """That the mean of a measure is above a limit, or below it."""

    measure: str
    above: bool
    limit: float


Clause: TypeAlias = tuple[Part, ...]
Statement: TypeAlias = tuple[Clause, ...]


class Finding(NamedTuple):
    """What a test of a statement says."""

    holds: bool
    place: int  # of the density that decides: where it holds most surely, or least
    part: Part  # that holds least surely there
    effect: Estimate  # of its measure; the interval says the same as the test
    confidence: float  # of this interval


def above(measure: str, limit: float = 0.0) -> Clause:
    """That the mean of a measure is above a limit."""
    return (Part(measure, True, limit),)


def below(measure: str, limit: float = 0.0) -> Clause:
    """That the mean of a measure is below a limit."""
    return (Part(measure, False, limit),)


def p_values(part: Part, evidence: Evidence, settings: Settings) -> Float[ndarray, " density"]:
    """One-sided p-values; NaN at densities with fewer than `minimum_seeds` values."""
    values = evidence.values[part.measure] - part.limit
    found = settings.estimates(values, resolution=evidence.step(part.measure))
    enough = found.replicates >= settings.minimum_seeds
    return np.where(enough, statistics.one_sided(found, above=part.above), np.nan)


def comparable(
    statement: Statement, evidence: Evidence, settings: Settings
) -> Bool[ndarray, " density"]:
    """Where every seed of the algorithm has every value: what diverged or is missing would
    otherwise be chosen among."""
    found = np.ones(len(evidence.density), bool)
    for part in (part for clause in statement for part in clause):
        values = evidence.values[part.measure]
        found &= np.isfinite(values).all(0) & (len(values) >= settings.minimum_seeds)
    return found


class _Tested(NamedTuple):
    """The p-values of a statement at every density, and the parts that decide them."""

    p: Float[ndarray, " density"]
    clause: ndarray  # [density], the least sure clause
    parts: list[ndarray]  # of each clause: [density], its surest part


def _tested(statement: Statement, evidence: Evidence, settings: Settings) -> _Tested:
    clauses, parts = [], []
    for clause in statement:
        p = np.stack([p_values(part, evidence, settings) for part in clause])
        p = np.where(np.isnan(p), np.inf, p)
        parts.append(p.argmin(0))
        clauses.append(len(clause) * p.min(0))
    every = np.stack(clauses)
    worst = every.max(0)
    p = np.where(np.isinf(worst), np.nan, np.minimum(worst, 1))
    return _Tested(p, every.argmax(0), parts)


def somewhere(
    statement: Statement,
    evidence: Evidence,
    settings: Settings,
    rather: Bool[ndarray, " density"] | None = None,
) -> Finding | None:
    """Whether a statement holds at some density; None where none is comparable.

    Args:
      rather: at which densities it says more. Of those where it holds one of them is the one that
        is shown, if there is one: Holm's correction covers every density at which it holds.
    """
    places = np.flatnonzero(comparable(statement, evidence, settings))
    if not len(places):
        return None
    tested = _tested(statement, evidence, settings)
    p = tested.p[places]
    held = holm(p) <= settings.alpha
    holds = bool(held.any())
    says_more = held & (True if rather is None else rather[places])
    best = int(np.where(says_more, p, np.inf).argmin() if says_more.any() else p.argmin())
    level = holm_level(p, settings.alpha, best)
    return _finding(statement, evidence, tested, int(places[best]), holds, level, settings)


def everywhere(statement: Statement, evidence: Evidence, settings: Settings) -> Finding | None:
    """Whether a statement holds at every density that all seeds reached; None where that cannot
    be tested.

    A density that only some seeds reached needs no test, because the networks of the others have
    collapsed (`Evidence.ended` tells whether that is so). Seeds that diverged are left out; where
    fewer than `minimum_seeds` remain nothing is known of all densities.
    """
    places = np.flatnonzero(evidence.reached)
    tested = _tested(statement, evidence, settings)
    if not len(places) or np.isnan(tested.p[places]).any():
        return None
    worst = int(places[tested.p[places].argmax()])
    holds = bool(tested.p[worst] <= settings.alpha)
    return _finding(statement, evidence, tested, worst, holds, settings.alpha, settings)


def _finding(
    statement: Statement,
    evidence: Evidence,
    tested: _Tested,
    place: int,
    holds: bool,
    level: float,
    settings: Settings,
) -> Finding:
    """The part that decides at a density, with the interval that belongs to its test: of
    confidence 1 - 2 * level, because the test is one-sided."""
    clause = int(tested.clause[place])
    part = statement[clause][int(tested.parts[clause][place])]
    confidence = 1 - 2 * level / len(statement[clause])
    values, step = evidence.values[part.measure][:, place], evidence.step(part.measure)
    effect = settings.estimates(values, confidence, step).at()
    return Finding(holds, place, part, effect, confidence)
