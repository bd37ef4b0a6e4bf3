"""How much seeds differ: the standard deviation of a difference that is paired by seed."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd
from jaxtyping import Float
from numpy import ndarray
from scipy import special

from pruning_jax.analysis.claims.claims import checked, every_evidence
from pruning_jax.analysis.claims.evidence import MEASURES
from pruning_jax.analysis.settings import DEFAULTS, Settings
from pruning_jax.errors import require

Spreads: TypeAlias = dict[str, float]
"""The spread of each measure; a measure of which nothing is known has none."""

NETWORKS = {
    "gain": {"pruned": 1, "dense": -1},
    "beyond_size": {"pruned": 1, "small": -1},
    "beyond_time": {"pruned": 1, "longer": -1},
    "beyond_both": {"pruned": 1, "small, longer": -1},
    "reduction": {"pruned": 1, "dense": -1, "clean": 1, "clean, pruned": -1},
    "log_loss": {"loss, pruned": 1, "loss, dense": -1},
}
"""The networks that each measure adds and subtracts. Measures that share a network go together."""


def size(measure: str) -> float:
    """The spread of a measure if each network has a luck of its own with deviation 1.

    >>> size("reduction")
    2.0
    """
    return float(np.sqrt(sum(sign**2 for sign in NETWORKS[measure].values())))


def given(spread: float, loss_spread: float | None = None) -> Spreads:
    """The spreads of all measures, from that of the gain in test accuracy.

    Each network is taken to have as much luck as any other, independent of theirs once what a
    seed shares is subtracted. So all differences of two accuracies have the spread of `gain`, and
    `reduction`, which is made of four, has sqrt(2) times as much.

    Args:
      spread: of `gain`, a fraction.
      loss_spread: of `log_loss`, nats; without it nothing is said of training losses.

    Raises:
      WrongUse: a spread is not above 0.
    """
    for what, value in (("spread", spread), ("loss_spread", loss_spread)):
        require(value is None or bool(value > 0), f"{what} {value} is not above 0")
    known = {"gain": spread} if loss_spread is None else {"gain": spread, "log_loss": loss_spread}
    return _filled(known)


def _filled(known: Spreads) -> Spreads:
    """With the accuracies of which nothing is known, as `given` has them."""
    rest = [measure for measure in MEASURES if measure not in (*known, "log_loss")]
    return {**{m: known["gain"] * size(m) / size("gain") for m in rest}, **known}


def of_run(rows: pd.DataFrame, settings: Settings = DEFAULTS) -> dict[float, Spreads]:
    """The spreads of a run by its noise rates: medians over pruning algorithms and densities.

    Densities count at which every seed has the value. What the run lacks is filled in as `given`
    does. Noise rates without three seeds are left out.

    Raises:
      WrongUse: nothing is left, or as `claims`.
    """
    found: dict[float, dict[str, list[float]]] = {}
    for own in every_evidence(checked(rows), settings):
        of_rate = found.setdefault(own.noise, {})
        for measure, values in own.values.items():
            whole = values[:, np.isfinite(values).all(0)]
            if len(whole) >= settings.minimum_seeds:
                of_rate.setdefault(measure, []).extend(_deviations(whole))
    medians = {
        rate: {name: float(np.median(every)) for name, every in of_rate.items() if every}
        for rate, of_rate in found.items()
    }
    known = {rate: _filled(own) for rate, own in medians.items() if "gain" in own}
    require(
        bool(known),
        "it does not say how much seeds differ: no algorithm that prunes has "
        f"{settings.minimum_seeds} seeds and the dense network at any density",
    )
    return known


def known(
    rows: pd.DataFrame | None, spread: float | None, loss_spread: float | None, settings: Settings
) -> dict[float, Spreads]:
    """The spreads by noise rate, from the rows of a run or as they are given.

    Raises:
      WrongUse: neither or both are given.
    """
    one = "either like=, a finished run, or spread=, as in spread=0.005"
    require((rows is None) != (spread is None), f"how much do seeds differ? Give {one}")
    if rows is not None:
        return of_run(rows, settings)
    assert spread is not None
    return {0.0: given(spread, loss_spread)}


def _deviations(values: Float[ndarray, "seed density"]) -> Sequence[float]:
    """The standard deviation at each density, median-unbiased: that of a few normal values is
    more often too small than too large."""
    degrees = len(values) - 1
    median = np.sqrt(special.chdtri(degrees, 0.5) / degrees)
    return (values.std(0, ddof=1) / median).tolist()


def nearest(spreads: dict[float, Spreads], rate: float) -> Spreads:
    """Those of the noise rate that is nearest; of two, the lower one."""
    return spreads[min(sorted(spreads), key=lambda known: abs(known - rate))]
