"""TIE: what the examples that pruning improves most are worth."""

import numpy as np
import pandas as pd

from pruning_jax.analysis import measurements
from pruning_jax.analysis.measurements import Record, Slice, mean
from pruning_jax.analysis.settings import DEFAULTS, Settings

KINDS = ("top_improved", "random")
COLUMNS = (
    *("noise_rate", "control_of", "control_round", "density", *KINDS),
    *("difference", "low", "high", "replicates"),
)


def tie(rows: pd.DataFrame, settings: Settings = DEFAULTS) -> pd.DataFrame:
    """Test accuracy of dense networks trained without the top-improved examples and without as
    many random ones, and the paired difference, random - top-improved.

    A positive difference: those examples are worth more than others. `density` is that of
    `control_of` in `control_round`. Only seeds that have both count.
    """
    measured = measurements.read(rows)
    pairs = {(f.control_of, f.control_round) for f in measured.families if f.without in KINDS}
    records = [
        record
        for part in measurements.slices(measured)
        for pair in sorted(pairs)
        for record in _pair(part, *pair, settings)
    ]
    return pd.DataFrame(records, columns=[*COLUMNS])


def _pair(part: Slice, of: str, round_: int, settings: Settings) -> list[Record]:
    """The row of a pair of controls; none where no seed has both."""
    names = {
        f.without: f.name
        for f in part.measured.families
        if (f.control_of, f.control_round) == (of, round_)
    }
    top, random = (part.of(names.get(kind, ""), "test_accuracy")[:, 0] for kind in KINDS)
    found = settings.estimates(random - top).at()
    if not found.replicates:
        return []
    both = np.isfinite(random - top)
    density = part.density(of)
    own = float(density[round_]) if round_ < len(density) else float("nan")
    key = (part.noise, of, round_, own)
    return [(*key, float(mean(top[both])), float(mean(random[both])), *found[:3], found.replicates)]
