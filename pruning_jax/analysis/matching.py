"""Width-scaled dense models beside pruned ones with as many weights."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from pruning_jax.analysis.measurements import Slice
from pruning_jax.analysis.settings import Settings


def partners(part: Slice, pruned: str, settings: Settings) -> dict[int, str]:
    """For each round of the pruned algorithm the width-scaled family whose number of weights is
    nearest to the weights remaining; no entry where none is within `size_tolerance`."""
    families = part.measured.scaled(settings)
    totals = np.array([_most(part.of(f.name, "weights_total").ravel()) for f in families])
    remaining = _most(part.of(pruned, "weights_remaining"))
    distances = np.abs(np.log(totals[:, None] / remaining))
    near = (distances <= np.log(settings.size_tolerance)) & (part.density(pruned) < 1)
    nearest = np.where(near, distances, np.inf)
    return {
        int(round_): families[nearest[:, round_].argmin()].name
        for round_ in np.flatnonzero(near.any(0))
    }


def _most(values: Float[ndarray, "seed *rest"]) -> ndarray:
    """The largest along the first axis of what is there; NaN where nothing is."""
    return np.asarray(np.fmax.reduce(values, 0, initial=np.nan))


def of_partners(
    part: Slice, column: str, partners: dict[int, str], *, extended: bool, without: str = ""
) -> ndarray:
    """A column of the width-scaled models beside each round, [seed, round]: after as many
    schedules as that round has (`extended`), or after one."""
    found = np.full(part.of("", column).shape, np.nan)
    for round_, name in partners.items():
        own = part.measured.control(name, without) if without else name
        if extended:
            found[:, round_] = part.of(own, column)[:, round_]
        else:
            family = part.measured.families[part.measured.place[name]]
            found[:, round_] = part.start(column, family.width, without)
    return found
