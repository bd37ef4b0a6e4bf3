"""Means over replicates with honest intervals, and a correction for many comparisons."""

from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from numpy.typing import ArrayLike
from scipy import special  # scipy.stats takes a second to load

NEGLIGIBLE = 1e-12
"""Differences of accuracies or of log losses below this are rounding."""

CHUNK = 256
"""Columns that are resampled at once: 20 MB for each array of 9,999 resamples."""


class Estimate(NamedTuple):
    """A mean over replicates, its interval, and the two-sided p-value of a true mean of 0."""

    mean: float
    low: float
    high: float
    p: float
    replicates: int


class Estimates(NamedTuple):
    """Many estimates: `Estimate` with an array in each field."""

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    replicates: np.ndarray

    def at(self, *index: int) -> Estimate:
        """One of them; without an index the only one."""
        mean, low, high, p = (float(field[index]) for field in self[:4])
        return Estimate(mean, low, high, p, int(self.replicates[index]))


def estimates(
    values: ArrayLike,
    *,
    confidence: float = 0.95,
    bootstrap_from: int = 10,
    resamples: int = 9_999,
    seed: int = 0,
    resolution: float = 0.0,
) -> Estimates:
    """The means over the first axis, with intervals and p-values.

    Below `bootstrap_from` replicates: Student's t. From there on: the symmetric bootstrap-t,
    mean +- q * standard error, where q is the `confidence` quantile of |t*| over resamples (Hall
    1988, doi 10.1214/aos/1176350933); the percentile bootstrap is too narrow for so few.

    What is not finite is not counted; two replicates are the fewest. No standard error is below
    `resolution` / sqrt(replicates): multiples of it may agree by chance. Where that decides, the
    interval is Student's. Else replicates that are all equal have no p (NaN; 1 where they are 0).

    Args:
      values: what was measured, [replicate, ...], in steps of `resolution`.
      resamples: for one `seed` they are the same again.
    """
    values = np.asarray(values, float)
    flat = values.reshape(len(values), int(np.prod(values.shape[1:])))
    with np.errstate(invalid="ignore", divide="ignore"):
        known, count, mean, centred, spread = _moments(flat)
        error = np.maximum(spread, resolution / np.sqrt(count))
        statistic = np.where(np.abs(mean) <= NEGLIGIBLE, 0, np.abs(mean)) / error
        quantile, p = _student(count, statistic, confidence)
        varied = (count >= bootstrap_from) & (error > 0) & (spread >= error)
        for columns in _alike(known, varied):
            own = centred[np.ix_(known[:, columns[0]], columns)]
            resampled = _resampled(own / error[columns], resamples, seed)
            quantile[columns] = _quantile(resampled, confidence)
            p[columns] = (1 + (resampled >= statistic[columns]).sum(0)) / (1 + resamples)
        half = quantile * error
    p = np.where((count < 2) | (error > 0), p, np.where(np.abs(mean) <= NEGLIGIBLE, 1.0, np.nan))
    found = (mean, mean - half, mean + half, p, count)
    return Estimates(*(field.reshape(values.shape[1:]) for field in found))


def _student(count: ndarray, statistic: ndarray, confidence: float) -> tuple[ndarray, ndarray]:
    """Quantiles of |t| and two-sided p-values; NaN for fewer than two replicates."""
    degrees = np.where(count > 1, count - 1, np.nan)
    quantile = special.stdtrit(degrees, (1 + confidence) / 2)
    return np.asarray(quantile), np.asarray(2 * special.stdtr(degrees, -statistic))


def one_sided(found: Estimates, *, above: bool) -> np.ndarray:
    """The one-sided p-value of each estimate, for a true mean above 0, or else below it.

    Both tests are symmetric, so that it is half of the two-sided one where the sign agrees.
    """
    agrees = found.mean > 0 if above else found.mean < 0
    return np.where(agrees, found.p / 2, 1 - found.p / 2)


def _moments(flat: Float[ndarray, "replicate column"]) -> tuple[np.ndarray, ...]:
    """Of each column: what is finite, how many, their mean, their distances from it (0 for what
    is not finite), and the standard error; that is exactly 0 where all are equal."""
    known = np.isfinite(flat)
    count = known.sum(0)
    mean = np.where(known, flat, 0).sum(0) / count
    centred = np.where(known, flat - mean, 0)
    error = np.sqrt((centred**2).sum(0) / (count - 1) / count)
    error[(count > 1) & (np.abs(centred).max(0, initial=0) <= NEGLIGIBLE)] = 0
    return known, count, mean, centred, error


def _alike(
    known: Bool[ndarray, "replicate column"], wanted: Bool[ndarray, " column"]
) -> list[np.ndarray]:
    """The wanted columns, in parts of at most `CHUNK` that have the same replicates."""
    groups: dict[bytes, list[int]] = {}
    for column in np.flatnonzero(wanted):
        groups.setdefault(known[:, column].tobytes(), []).append(int(column))
    return [np.array(g[i : i + CHUNK]) for g in groups.values() for i in range(0, len(g), CHUNK)]


@cache
def counts(replicates: int, resamples: int, seed: int) -> np.ndarray:
    """counts[resample, replicate]: how often a bootstrap resample has each replicate."""
    even = np.full(replicates, 1 / replicates)
    drawn = np.random.default_rng(seed).multinomial(replicates, even, resamples).astype(float)
    drawn.setflags(write=False)
    return drawn


def _resampled(
    standard: Float[ndarray, "replicate column"], resamples: int, seed: int
) -> np.ndarray:
    """|t*|[resample, column] of columns with mean 0 and standard error 1.

    Each column is sorted first: no order of the replicates may matter. A resample without spread
    has |t*| infinite, which widens the interval.
    """
    standard = np.sort(standard, 0)
    weights = counts(len(standard), resamples, seed) / len(standard)
    mean = weights @ standard
    variance = (weights @ standard**2 - mean**2) / (len(standard) - 1)
    variance[variance < NEGLIGIBLE] = 0
    mean[np.abs(mean) < NEGLIGIBLE] = 0
    return np.where(mean == 0, 0, np.abs(mean) / np.sqrt(variance))


def _quantile(resampled: Float[ndarray, "resample column"], confidence: float) -> np.ndarray:
    """The order statistic beyond which p is below 1 - confidence; infinite where there are too
    few resamples for it."""
    place = int(np.ceil(confidence * (len(resampled) + 1) - 1e-9)) - 1
    if place >= len(resampled):
        return np.full(resampled.shape[1], np.inf)
    return np.partition(resampled, place, axis=0)[place]


def estimate(
    values: ArrayLike,
    *,
    confidence: float = 0.95,
    bootstrap_from: int = 10,
    resamples: int = 9_999,
    seed: int = 0,
    resolution: float = 0.0,
) -> Estimate:
    """The mean of the replicates' values; see `estimates`.

    >>> [round(x, 3) for x in estimate([1.0, 2.0, 3.0])]
    [2.0, -0.484, 4.484, 0.074, 3]
    """
    return estimates(
        np.ravel(np.asarray(values, float)),
        confidence=confidence,
        bootstrap_from=bootstrap_from,
        resamples=resamples,
        seed=seed,
        resolution=resolution,
    ).at()


def holm(p: ArrayLike) -> np.ndarray:
    """p-values adjusted so that any number of them can be compared with one level (Holm 1979).

    The k-th smallest of m is multiplied by m + 1 - k, never falls below the one before it, and
    is at most 1. NaN stays NaN and does not count.

    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    p = np.asarray(p, float)
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    scaled = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1)
    return adjusted


def holm_level(p: ArrayLike, alpha: float, place: int) -> float:
    """The level at which Holm's procedure compares the p-value at `place`.

    The k-th smallest of m is compared with alpha / (m + 1 - k); after the first that is not
    rejected the procedure stops, and the others have its level. An interval of confidence 1 - this
    level leaves out 0 if and only if the comparison is significant.

    >>> [round(holm_level([0.01, 0.04, 0.03], 0.05, i), 4) for i in range(3)]
    [0.0167, 0.025, 0.025]
    """
    p = np.asarray(p, float)
    order = np.argsort(p, kind="stable")  # NaN comes last
    count = int((~np.isnan(p)).sum())
    levels = alpha / np.arange(count, 0, -1)
    kept = np.flatnonzero(p[order[:count]] > levels)
    stop = int(kept[0]) if len(kept) else count - 1
    return float(levels[min(int(np.flatnonzero(order == place)[0]), stop)])
