"""The verdicts on the claims, as a reader sees them."""

import math
from dataclasses import asdict
from typing import NamedTuple

from pruning_jax.analysis.answers import Tables
from pruning_jax.analysis.settings import Settings
from pruning_jax.reporting import listing, tabular
from pruning_jax.reporting.tabular import Record, grouped
from pruning_jax.reporting.wording import noise, percent, several, typeset

CLAIMS = {
    1: (
        "1. Size reduction is not enough",
        "Pruned networks are more accurate than the dense network, and than a dense network of as "
        "many weights.",
    ),
    2: (
        "2. Better training",
        "At some density, pruned networks have a lower training loss than the dense network.",
    ),
    3: (
        "3. Additional regularization",
        "At some density, noisy examples cost pruned networks less test accuracy than they cost "
        "the dense network, and the pruned networks are more accurate with them.",
    ),
    4: (
        "4. Two factors",
        "Pruned networks are more accurate than the dense network. Neither longer training nor "
        "smaller size alone does as well; both together do.",
    ),
}
"""Title and words of each claim."""

EFFECTS = {
    "gain": "test accuracy of the pruned network minus that of the dense one",
    "beyond_size": "test accuracy of the pruned network minus that of a dense one of as many "
    "weights",
    "beyond_time": "test accuracy of the pruned network minus that of a dense one trained as long",
    "beyond_both": "test accuracy of the pruned network minus that of a dense one of as many "
    "weights, trained as long",
    "log_loss": "logarithm of the ratio of training losses, pruned to dense",
    "reduction": "accuracy that noisy examples cost the dense network minus what they cost the "
    "pruned one",
}
"""What each measure is, in words."""

LOGARITHM = "log_loss"
"""The measure that is not in percentage points."""


class VerdictLine(NamedTuple):
    """What the run says about a claim, of one algorithm at one noise rate."""

    algorithm: str
    noise: str
    verdict: str  # supported, contradicted, no gain or undecided
    sentence: str
    effect: str

    @property
    def badge(self) -> str:
        """The class of its badge in the style sheet."""
        known = ("supported", "contradicted", "no gain", "undecided")
        return (self.verdict if self.verdict in known else "undecided").replace(" ", "-")


class ClaimSection(NamedTuple):
    """A claim of the paper with a verdict for each algorithm and noise rate."""

    title: str
    says: str
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
    for (number,), part in grouped(rows, "claim").items():
        title, says = CLAIMS.get(int(number), (f"Claim {number}", ""))
        by_algorithm = grouped(part, "algorithm").values()
        lines = tuple(_line(row) for rows in by_algorithm for row in rows)
        found.append(ClaimSection(title, says, lines))
    return found


def _line(row: Record) -> VerdictLine:
    return VerdictLine(
        str(row["algorithm"]),
        noise(float(row["noise_rate"])),
        str(row["verdict"]),
        typeset(str(row["sentence"])),
        measured(row),
    )


def rates(claims: list[ClaimSection]) -> list[str]:
    """The noise rates of the verdicts, the lowest first."""
    every = (line.noise for claim in claims for line in claim.lines)
    return [*dict.fromkeys(every)]


def measured(row: Record) -> str:
    """The effect of a claim with its interval, as a sentence; nothing if none was measured."""
    names = ("effect", "low", "high", "density", "confidence")
    effect, low, high, density, confidence = (float(row[n]) for n in names)
    if math.isnan(effect):
        return ""
    name = str(row["measure"])
    write = listing.number(3, sign=True) if name == LOGARITHM else listing.POINTS
    unit = "" if name == LOGARITHM else "points"
    ends = listing.interval(low, high, write)
    size = " ".join(filter(None, (write(effect), ends, unit)))
    sure = f", with a {percent(confidence)} interval" if ends else ""
    replicates = several(float(row["replicates"]), "replicate")
    what = EFFECTS.get(name, name)
    return f"At a density of {percent(density)}, {what}: {size}, over {replicates}{sure}."


def settings(own: Settings) -> dict[str, str]:
    """The thresholds by their names, and first the name of all of them together."""
    values = {name: _value(value) for name, value in asdict(own).items()}
    return {"settings": own.digest, **values}


def _value(value: object) -> str:
    if value is None or value == "":
        return "not set"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
