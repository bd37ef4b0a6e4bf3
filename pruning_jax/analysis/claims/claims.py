"""The paper's four claims, each with a verdict (Jin et al. 2022, arXiv 2210.13738)."""

import numpy as np
import pandas as pd
from jaxtyping import Float
from numpy import ndarray

from pruning_jax.analysis import measurements
from pruning_jax.analysis.claims import judge, verdicts
from pruning_jax.analysis.claims.evidence import Evidence, gather
from pruning_jax.analysis.claims.verdicts import Verdict
from pruning_jax.analysis.measurements import Measurements
from pruning_jax.analysis.settings import DEFAULTS, Settings
from pruning_jax.errors import one_of, require

NUMBERS = (1, 2, 3, 4)


def claims(rows: pd.DataFrame, settings: Settings = DEFAULTS) -> pd.DataFrame:
    """One row for each claim, pruning algorithm and noise rate: supported, contradicted, no gain,
    undecided or not asked, with the effect that decides, its interval, and a sentence.

    All comparisons are paired by seed and noise. Replicates are seeds: the intervals are about
    training again, not about other test examples. docs/verdicts.md has the tests.

    Raises:
      WrongUse: a round of a cell has two rows, densities differ where they must not, or
        `settings.pruned` prunes nothing here.
    """
    return judged(checked(rows), settings)


def nothing_decided(rows: pd.DataFrame, settings: Settings = DEFAULTS) -> str:
    """A sentence, where there are too few seeds for any verdict; "" where some could be decided.

    Raises:
      WrongUse: as `claims`.
    """
    found = every_evidence(checked(rows), settings)
    if not found or not all(judge.too_few_seeds(own, settings) for own in found):
        return ""
    seeds = {own.seeds for own in found}
    there = f"{'are' if max(seeds) != 1 else 'is'}{' at most' if len(seeds) > 1 else ''}"
    return (
        f"Nothing is decided: verdicts need at least {settings.minimum_seeds} seeds, and there "
        f"{there} {max(seeds)}."
    )


def checked(rows: pd.DataFrame) -> Measurements:
    """The rows as arrays, once it is certain that a round is one density.

    Raises:
      WrongUse: a round of a cell has two rows, or densities differ between seeds, or between an
        algorithm and its control that is trained without the noisy examples.
    """
    measured = measurements.read(rows)
    density = measured.values["density"]
    low, high = (end.reduce(density, 2, initial=np.nan) for end in (np.fmin, np.fmax))
    for i, family in enumerate(measured.families):
        says = "its seeds have other densities there: from {low:g} to {high:g}"
        _refuse(measured, family.name, low[:, i], high[:, i], says)
        control = measured.control(family.name, "noisy")
        if control:
            says = f"its density is {{low:g}}, and that of {control} {{high:g}}"
            _refuse(measured, family.name, low[:, i], low[:, measured.place[control]], says)
    return measured


def _refuse(
    measured: Measurements,
    name: str,
    one: Float[ndarray, "rate round"],
    other: Float[ndarray, "rate round"],
    says: str,
) -> None:
    """Raises WrongUse at the first round where two densities differ by more than rounding."""
    wrong = np.argwhere(np.abs(one - other) > 1e-9)  # NaN, of a round that there is not, is not
    if len(wrong):
        rate, round_ = (int(place) for place in wrong[0])
        where = f"round {round_} of {name} with noise {measured.rates[rate]:g}"
        values = says.format(low=one[rate, round_], high=other[rate, round_])
        require(False, f"{where}: {values}; verdicts compare seeds at equal densities")


def every_evidence(measured: Measurements, settings: Settings) -> list[Evidence]:
    """The evidence on each pruning algorithm, or the one that is asked for, at each noise rate.

    Raises:
      WrongUse: `settings.pruned` is not one of them.
    """
    names = measured.pruning
    if settings.pruned and names:
        one_of("pruned", settings.pruned, names)
        names = [settings.pruned]
    parts = measurements.slices(measured)
    return [gather(part, name, settings) for name in names for part in parts]


def judged(measured: Measurements, settings: Settings) -> pd.DataFrame:
    """The verdicts on checked measurements; see `claims`."""
    evidence = every_evidence(measured, settings)
    found = [judge.judge(number, own, settings) for number in NUMBERS for own in evidence]
    if not measured.pruning:
        found = [
            verdicts.nothing(number, float(rate), settings)
            for number in NUMBERS
            for rate in measured.rates
        ]
    return pd.DataFrame(found, columns=[*Verdict._fields])
