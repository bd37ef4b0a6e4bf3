"""How many combinations of thresholds lead to each verdict."""

from pruning_jax.analysis.answers import Tables
from pruning_jax.analysis.claims.verdicts import NOT_ASKED, VERDICTS
from pruning_jax.reporting import axes, tabular
from pruning_jax.reporting.chart import SEQUENTIAL, Chart, ColourScale, Frame, Heat
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.tabular import Record, grouped, pick
from pruning_jax.wording import noise

SHOWN = tuple(verdict for verdict in VERDICTS if verdict != NOT_ASKED)
"""A claim that is not asked depends on no threshold: its line is dark."""


def multiverse(tables: Tables, facts: Facts) -> Chart:
    """One heat map for each noise rate: a line for each claim and algorithm."""
    every = tabular.read(tables, "explored/multiverse")
    drawn = [_frame(part, rate) for rate in facts.rates if (part := pick(every, noise_rate=rate))]
    return Chart(
        "The multiverse: verdicts under every combination of thresholds",
        "A verdict depends on thresholds that are ours: the level of the tests, the smallest "
        "effects that matter, when networks are of one size, when one has collapsed. The colour "
        "says which share of their combinations leads to a verdict. The ring is at the verdict of "
        "the report. A line with one bright cell does not depend on these choices; one without a "
        "ring is about a claim that is not asked.",
        tuple(drawn),
        "No verdict was asked for under other thresholds.",
        ("explored/multiverse",),
        ColourScale("share of the combinations", SEQUENTIAL, ((0.0, "none"), (1.0, "all"))),
    )


def _frame(rows: list[Record], rate: float) -> Frame:
    """The heat map of a noise rate, claim 1 on top."""
    lines = dict(sorted(grouped(rows, "claim", "algorithm").items(), reverse=True))
    shares = [[len(pick(own, verdict=v)) / len(own) for v in SHOWN] for own in lines.values()]
    names = [f"claim {claim}, {algorithm}" for claim, algorithm in lines]
    short = [f"{claim} {algorithm}".replace("_", "_\n", 1) for claim, algorithm in lines]
    notes = tuple(
        tuple(f"{name}\n{verdict} in {share:.0%} of the combinations" for verdict, share in pairs)
        for name, line in zip(names, shares, strict=True)
        for pairs in [[*zip(SHOWN, line, strict=True)]]
    )
    marked = tuple(
        (SHOWN.index(str(row["verdict"])), place)
        for place, own in enumerate(lines.values())
        for row in pick(own, is_default=True)
        if row["verdict"] in SHOWN
    )
    heat = Heat(tuple(map(tuple, shares)), notes, 0.0, 1.0, SEQUENTIAL, marked=marked)
    x, y = axes.categories("", SHOWN), axes.categories("claim", short, len(short))
    return Frame("", noise(rate), x, y, heat=heat, noise_rate=rate)
