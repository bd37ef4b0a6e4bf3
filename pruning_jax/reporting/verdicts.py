"""The verdicts on the claims, as a reader sees them."""

import math
from dataclasses import asdict
from typing import NamedTuple

from pruning_jax.analysis.answers import Tables
from pruning_jax.analysis.claims.verdicts import UNDECIDED, VERDICTS
from pruning_jax.analysis.settings import Settings
from pruning_jax.reporting import claims, listing, tabular
from pruning_jax.reporting.headlines import headline
from pruning_jax.reporting.tabular import Record, grouped
from pruning_jax.wording import noise, percent, typeset

EFFECTS = {
    "gain": "test accuracy, pruned minus dense",
    "beyond_size": "test accuracy, pruned minus dense of as many weights",
    "beyond_time": "test accuracy, pruned minus dense trained as long",
    "beyond_both": "test accuracy, pruned minus dense of as many weights, trained as long",
    "log_loss": "training loss, pruned divided by dense",
    "reduction": "accuracy lost to noisy examples, dense minus pruned",
}
"""What each measure is, in words."""

LOGARITHM = "log_loss"
"""The measure that is shown as a ratio; the others are in percentage points."""

STAR = "*"
"""Stands behind the verdict where the control is weak."""


class Effect(NamedTuple):
    """The numbers that stand beside a verdict, in words; empty where nothing was measured."""

    size: str = ""  # with its interval
    what: str = ""
    density: str = ""
    replicates: str = ""
    confidence: str = ""  # of the interval


class VerdictLine(NamedTuple):
    """What the run says about a claim, of one algorithm at one noise rate."""

    algorithm: str
    noise: str
    verdict: str  # one of VERDICTS
    sentence: str
    effect: Effect
    mark: str = ""  # behind the verdict

    @property
    def badge(self) -> str:
        """The class of its badge in the style sheet."""
        return (self.verdict if self.verdict in VERDICTS else UNDECIDED).replace(" ", "-")


class ClaimSection(NamedTuple):
    """A claim of the paper with a verdict for each algorithm and noise rate."""

    number: int
    short: str  # a heading for a narrow column
    title: str
    says: str
    headline: str
    lines: tuple[VerdictLine, ...]

    @property
    def algorithms(self) -> dict[str, dict[str, VerdictLine]]:
        """The lines of each algorithm, by their noise rates."""
        found: dict[str, dict[str, VerdictLine]] = {}
        for line in self.lines:
            found.setdefault(line.algorithm, {})[line.noise] = line
        return found


def sections(tables: Tables) -> list[ClaimSection]:
    """The claims with their verdicts, by algorithm and in order of the noise rates."""
    rows = tabular.read(tables, "claims")
    rows.sort(key=lambda row: (int(row["claim"]), float(row["noise_rate"])))
    found = []
    for (claim,), part in grouped(rows, "claim").items():
        number = int(claim)
        by_algorithm = grouped(part, "algorithm").values()
        lines = tuple(_line(row) for rows in by_algorithm for row in rows)
        words = (claims.short(number), claims.title(number), claims.says(number))
        found.append(ClaimSection(number, *words, headline(number, part), lines))
    return found


def _line(row: Record) -> VerdictLine:
    return VerdictLine(
        str(row["algorithm"]),
        noise(float(row["noise_rate"])),
        str(row["verdict"]),
        typeset(str(row["sentence"])),
        measured(row),
        STAR if row["weak_control"] else "",
    )


def rates(found: list[ClaimSection]) -> list[str]:
    """The noise rates of the verdicts, the lowest first."""
    every = (line.noise for claim in found for line in claim.lines)
    return [*dict.fromkeys(every)]


def overview(found: list[ClaimSection]) -> dict[str, dict[str, list[VerdictLine | None]]]:
    """By noise rate and algorithm, the verdict on each claim."""
    named = [name for claim in found for name in claim.algorithms]
    return {
        rate: {
            name: [claim.algorithms.get(name, {}).get(rate) for claim in found]
            for name in dict.fromkeys(named)
        }
        for rate in rates(found)
    }


def footnote(found: list[ClaimSection]) -> str:
    """What the mark behind a verdict says; "" where there is none."""
    marked = any(line.mark for claim in found for line in claim.lines)
    return f"{STAR} {claims.WEAK_MEANS}" if marked else ""


def measured(row: Record) -> Effect:
    """The effect that decides a claim, or comes nearest to deciding it."""
    names = ("effect", "low", "high", "density", "confidence")
    effect, low, high, density, confidence = (float(row[n]) for n in names)
    if math.isnan(effect):
        return Effect()
    name, write, unit = str(row["measure"]), listing.POINTS, "points"
    if name == LOGARITHM:
        effect, low, high = (math.exp(value) for value in (effect, low, high))
        write, unit = listing.number(3), ""
    ends = listing.interval(low, high, write)
    return Effect(
        " ".join(filter(None, (write(effect), ends, unit))),
        EFFECTS.get(name, name),
        percent(density),
        f"{float(row['replicates']):.0f}",
        percent(confidence) if ends else "",
    )


def settings(own: Settings) -> dict[str, str]:
    """The thresholds by their names, and first the name of all of them together."""
    values = {name: _value(value) for name, value in asdict(own).items()}
    return {"settings": own.digest, **values}


def _value(value: object) -> str:
    if value is None or value == "":
        return "not set"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
