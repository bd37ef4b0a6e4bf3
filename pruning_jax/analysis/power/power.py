"""What the verdicts on a grid would find, before it is run."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite, log

import pandas as pd

from pruning_jax.analysis.claims import judge, trials
from pruning_jax.analysis.claims.claims import NUMBERS, checked, every_evidence
from pruning_jax.analysis.claims.evidence import Evidence
from pruning_jax.analysis.measurements import Record
from pruning_jax.analysis.power import needed
from pruning_jax.analysis.power.needed import Test
from pruning_jax.analysis.power.spread import Spreads, nearest
from pruning_jax.analysis.settings import DEFAULTS, Settings

ACCURACIES = (0.005, 0.01, 0.02, 0.05)
"""Effects on accuracy, fractions, of which is said how many seeds they need."""

FACTORS = (1.05, 1.5, 2.0)
"""The same for claim 2: factors by which the training loss is lower."""

COLUMNS = (
    *("claim", "algorithm", "noise_rate", "seeds", "densities", "smallest_effect"),
    *("effect", "power", "seeds_needed", "lacking"),
)


@dataclass(frozen=True)
class Power:
    """What the verdicts on a grid would find; in a notebook its table is shown.

    `table` has a row for each claim, pruning algorithm, noise rate and effect. Effects are
    fractions of accuracy, those of claim 2 logarithms of factors.

    - `densities`: how many Holm's correction is over, at most;
    - `smallest_effect`: what is found with a power of 0.8; NaN if no effect is;
    - `power`: how often `effect` is found with the seeds of the grid;
    - `seeds_needed`: with how many its power is 0.8; NaN if 100 are too few;
    - `lacking`: why the claim cannot be tested; the numbers are NaN then.
    """

    table: pd.DataFrame
    spreads: dict[float, Spreads]  # by noise rate: the deviation over seeds of each measure

    def __repr__(self) -> str:
        return self.table.to_string(index=False)

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False)

    def json(self) -> dict[str, object]:
        """The same as a JSON object; what is not known is null."""
        table = self.table.astype(object).where(self.table.notna(), None)
        spreads = [{"noise_rate": rate, **own} for rate, own in self.spreads.items()]
        return {"spreads": spreads, "table": table.to_dict("records")}


def power(
    planned: pd.DataFrame, spreads: dict[float, Spreads], settings: Settings = DEFAULTS
) -> Power:
    """What the verdicts on a grid would find; see `needed` for how it is computed.

    Args:
      planned: the rows that the grid would have, whatever was measured in them. So the densities
        are counted by what compares them in a verdict.
      spreads: how much seeds differ, by noise rate; each rate of the grid takes the nearest.
      settings: the thresholds of the verdicts.

    Raises:
      WrongUse: as `claims`.
    """
    own = every_evidence(checked(planned), settings)
    near = {evidence.noise: nearest(spreads, evidence.noise) for evidence in own}
    records = [
        record
        for claim in NUMBERS
        for evidence in own
        for record in _effects(claim, evidence, near[evidence.noise], settings)
    ]
    return Power(pd.DataFrame(records, columns=[*COLUMNS]), near)


def _effects(
    claim: int, evidence: Evidence, spreads: Spreads, settings: Settings
) -> Iterator[Record]:
    """The rows of a claim, an algorithm and a noise rate."""
    support, nan = judge.claim(claim, settings).support, float("nan")
    seeds = len(evidence.values["gain"])
    densities = int(trials.comparable(support, evidence, settings).sum())
    test, effects = Test(claim, seeds, densities), _asked(claim)
    lacking = _lacking(test, evidence, spreads, settings)
    key = (claim, evidence.pruned, evidence.noise, seeds, densities)
    if lacking:
        yield from ((*key, nan, effect, nan, nan, lacking) for effect in effects)
        return
    smallest = needed.smallest(test, spreads, settings)
    smallest = smallest if isfinite(smallest) else nan
    for effect in effects:
        found = needed.power(test, effect, spreads, settings)
        count = needed.seeds(test, effect, spreads, settings)
        yield (*key, smallest, effect, found, nan if count is None else count, "")


def _asked(claim: int) -> tuple[float, ...]:
    """The effects of a claim."""
    return tuple(map(log, FACTORS)) if claim == 2 else ACCURACIES


def _lacking(test: Test, evidence: Evidence, spreads: Spreads, settings: Settings) -> str:
    """Why a claim cannot be tested; empty if it can."""
    if test.seeds < settings.minimum_seeds:
        return f"{test.seeds} of the {settings.minimum_seeds} seeds that are needed"
    if test.claim in evidence.lacking:
        return evidence.lacking[test.claim]
    unknown = [part.measure for part in test.parts(settings) if part.measure not in spreads]
    if unknown:
        return f"the spread of {unknown[0]} is not known"
    return "" if test.densities else "at no density is there all that is compared"
