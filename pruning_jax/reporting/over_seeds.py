"""Means over seeds of what explorations found, as the charts draw them."""

import numpy as np

from pruning_jax.analysis.settings import DEFAULTS
from pruning_jax.reporting.tabular import Record, Value, grouped

POINT = ("algorithm", "noise_rate", "round")


def over_seeds(
    rows: list[Record], column: str, *, by: tuple[str, ...] = POINT, log: bool = False
) -> list[Record]:
    """A row for each point: the mean of a column over seeds with its 95 % interval.

    Args:
      rows: with one value for each seed of a point; NaN where there is none.
      by: the columns whose values make a point.
      log: whether the mean is geometric, of positive numbers; others have no value then.
    """
    points = grouped(rows, *by)
    seeds = max((len(own) for own in points.values()), default=0)
    values = np.full((seeds, len(points)), np.nan)
    for i, own in enumerate(points.values()):
        values[: len(own), i] = [float(row[column]) for row in own]
    if log:
        values = np.log(values, where=values > 0, out=np.full_like(values, np.nan))
    found = DEFAULTS.estimates(values) if len(points) else None
    made: list[Record] = []
    for i, (point, own) in enumerate(points.items()):
        assert found is not None
        ends = [float(part[i]) for part in (found.mean, found.low, found.high)]
        mean, low, high = (float(np.exp(end)) for end in ends) if log else ends
        known: dict[str, Value] = dict(zip(by, point, strict=True))
        known |= {"density": own[0]["density"], "mean": mean, "low": low, "high": high}
        made.append(known | {"replicates": int(found.replicates[i])})
    return made
