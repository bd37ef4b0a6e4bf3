"""The curve behind each claim: what is compared, with its interval, at every density."""

import numpy as np
import pandas as pd

from pruning_jax.analysis.claims.claims import checked, every_evidence
from pruning_jax.analysis.claims.evidence import SCANNED, Evidence
from pruning_jax.analysis.measurements import Record
from pruning_jax.analysis.settings import DEFAULTS, Settings

COLUMNS = (
    *("claim", "algorithm", "noise_rate", "measure", "density", "effect", "low", "high"),
    *("confidence", "comparable", "replicates", "smallest"),
)


def claim_curves(rows: pd.DataFrame, settings: Settings = DEFAULTS) -> pd.DataFrame:
    """Each measure that a claim looks at (`evidence.MEASURES`), at every density.

    The intervals hold at all densities of a curve together, on either side: their confidence is
    1 - 2 * alpha / (number of densities), by Bonferroni. So where one lies beyond a limit, the
    first step of Holm's correction would see it, too. `comparable` tells whether every seed has
    the value; only such a density can support a claim. `smallest` is the smallest effect that
    matters, by the settings.

    Raises:
      WrongUse: as `claims`.
    """
    records = [
        record
        for own in every_evidence(checked(rows), settings)
        for claim, names in SCANNED.items()
        for name in names
        for record in _curve(claim, name, own, settings)
    ]
    return pd.DataFrame(records, columns=[*COLUMNS])


def _curve(claim: int, measure: str, own: Evidence, settings: Settings) -> list[Record]:
    """The densities at which there is a value."""
    values = own.values[measure]
    there = np.flatnonzero(np.isfinite(values).any(0))
    if not len(there):
        return []
    confidence = 1 - 2 * settings.alpha / len(there)
    found = settings.estimates(values[:, there], confidence, own.step(measure))
    whole = np.isfinite(values[:, there]).all(0)
    key = (claim, own.pruned, own.noise, measure)
    smallest = settings.minimum_log_ratio if measure == "log_loss" else settings.delta
    return [
        (
            *key,
            float(own.density[place]),
            *found.at(i)[:3],
            confidence,
            bool(whole[i]),
            int(count),
            smallest,
        )
        for i, (place, count) in enumerate(zip(there, found.replicates, strict=True))
    ]
