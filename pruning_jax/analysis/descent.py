"""Sparse double descent: peak and valley of the test error (He et al. 2022, arXiv 2206.08684)."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float
from numpy import ndarray
from scipy import special

from pruning_jax.analysis import measurements, selection
from pruning_jax.analysis.measurements import Record, Slice
from pruning_jax.analysis.settings import DEFAULTS, Settings
from pruning_jax.analysis.statistics import counts

COLUMNS = (
    *("algorithm", "noise_rate", "feature", "density", "density_low", "density_high"),
    *("test_error", "test_error_low", "test_error_high", "replicates"),
)


class Places(NamedTuple):
    """Rounds, for each curve: the lowest error before the peak, the peak, the valley after it."""

    before: ndarray
    peak: ndarray
    valley: ndarray


def places(curves: Float[ndarray, "curve round"]) -> Places:
    """The most prominent local peak of each curve and what lies beside it.

    The peak is the round for which min(error - lowest error before, error - lowest error after)
    is largest; the valley is the lowest error after it. Neither end can be the peak.
    """
    lowest = np.minimum.accumulate(curves, 1)[:, :-2]
    rest = np.minimum.accumulate(curves[:, ::-1], 1)[:, ::-1][:, 2:]
    peak = (curves[:, 1:-1] - np.maximum(lowest, rest)).argmax(1) + 1
    rounds = np.arange(curves.shape[1])
    before = np.where(rounds < peak[:, None], curves, np.inf).argmin(1)
    valley = np.where(rounds > peak[:, None], curves, np.inf).argmin(1)
    return Places(before, peak, valley)


def descent(rows: pd.DataFrame, settings: Settings = DEFAULTS) -> pd.DataFrame:
    """Peak and valley of the mean test error over all densities, of every algorithm that prunes.

    An algorithm has rows only if its peak is real: every noisy curve has a highest point. For
    each seed the places are found on the mean curve of the seeds before it, for the first on that
    of the second (why not of all others: `selection.sequential`); both the rise to that peak and
    the fall to that valley must be significant (t-test or bootstrap over seeds, level alpha).
    So one seed alone never shows a peak.

    The intervals come from resampling seeds and finding the places again; they are percentiles,
    at levels widened for few seeds as Hesterberg (2014, arXiv 1411.5279) advises. The height of
    a peak that was looked for is a little too high, the more the fewer the seeds.
    """
    records = []
    for part in measurements.slices(measurements.read(rows)):
        for name in part.measured.pruning:
            records += _features(part, name, settings)
    return pd.DataFrame(records, columns=[*COLUMNS])


def _complete(error: Float[ndarray, "seed round"]) -> tuple[ndarray, ndarray]:
    """The seeds without a gap, and the rounds that at least half of the seeds have."""
    known = np.isfinite(error)
    rounds = known.any(0) & (2 * known.sum(0) >= known.any(1).sum())
    return error[known[:, rounds].all(1)][:, rounds], np.flatnonzero(rounds)


def _real(error: Float[ndarray, "seed round"], settings: Settings) -> bool:
    """Whether seeds rise to the peak and fall to the valley that earlier seeds show."""
    seeds = np.arange(len(error))
    before = selection.earlier(error)
    before[0] = error[1]
    found = places(before / np.maximum(seeds, 1)[:, None])
    top = error[seeds, found.peak]
    sides = [top - error[seeds, side] for side in (found.before, found.valley)]
    return bool((settings.estimates(np.stack(sides, 1)).low > 0).all())


def _features(part: Slice, name: str, settings: Settings) -> list[Record]:
    """The rows of an algorithm; none if its peak is not real."""
    error, rounds = _complete(1 - part.of(name, "test_accuracy"))
    if len(error) < 2 or len(rounds) < 3 or not _real(error, settings):
        return []
    density = part.density(name)[rounds]
    mean = error.mean(0, keepdims=True)
    resampled = counts(len(error), settings.resamples, settings.seed) @ error / len(error)
    at, spread = places(mean), places(resampled)
    index = np.arange(len(resampled))
    records = []
    for feature in ("peak", "valley"):
        own, drawn = int(getattr(at, feature)[0]), getattr(spread, feature)
        densities = _percentiles(density[drawn], len(error), settings)
        heights = _percentiles(resampled[index, drawn], len(error), settings)
        key = (name, part.noise, feature)
        values = (float(density[own]), *densities, float(mean[0, own]), *heights)
        records.append((*key, *values, len(error)))
    return records


def _percentiles(
    values: Float[ndarray, " resample"], replicates: int, settings: Settings
) -> tuple[float, float]:
    """The ends of an interval: percentiles, expanded because resamples spread too little.

    Their level is the normal's tail beyond Student's quantile, which is scaled for that.
    """
    quantile = special.stdtrit(replicates - 1, 1 - settings.alpha / 2)
    tail = float(special.ndtr(-np.sqrt(replicates / (replicates - 1)) * quantile))
    ends = np.quantile(values, [tail, 1 - tail], method="inverted_cdf")
    return float(ends[0]), float(ends[1])
