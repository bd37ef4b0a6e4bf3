"""TIE: what the examples that pruning improves most are worth."""

from typing import Any

import pandas as pd

from pruning_jax.analysis import panel
from pruning_jax.analysis.panel import Slice, mean
from pruning_jax.analysis.settings import Settings

KINDS = ("top_improved", "random")
COLUMNS = (
    *("noise_rate", "control_of", "control_round", "density", *KINDS),
    *("difference", "low", "high", "replicates"),
)


def tie(rows: pd.DataFrame, settings: Settings = Settings()) -> pd.DataFrame:  # noqa: B008
    """Test accuracy of dense networks trained without the top-improved examples and without as
    many random ones, and the paired difference, random - top-improved.

    A positive difference: those examples are worth more than others. `density` is that of
    `control_of` in `control_round`. Only seeds that have both count.
    """
    table = panel.read(rows)
    pairs = {(f.control_of, f.control_round) for f in table.families if f.without in KINDS}
    records = [
        record
        for part in panel.slices(table)
        for pair in sorted(pairs)
        for record in _pair(part, *pair, settings)
    ]
    return pd.DataFrame(records, columns=[*COLUMNS])


def _pair(part: Slice, of: str, round_: int, settings: Settings) -> list[tuple[Any, ...]]:
    """The row of a pair of controls; none where no seed has both."""
    names = {
        f.without: f.name
        for f in part.panel.families
        if (f.control_of, f.control_round) == (of, round_)
    }
    top, random = (part.of(names.get(kind, ""), "test_accuracy")[:, 0] for kind in KINDS)
    found = settings.estimates(random - top).at()
    if not found.replicates:
        return []
    both = (random - top) == (random - top)
    density = part.density(of)
    own = float(density[round_]) if round_ < len(density) else float("nan")
    key = (part.noise, of, round_, own)
    return [(*key, float(mean(top[both])), float(mean(random[both])), *found[:3], found.replicates)]
