"""The figure behind a claim: each difference that it looks at, with intervals, over density."""

import math
from dataclasses import replace

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import axes, tabular
from pruning_jax.reporting.chart import Chart, Frame, Series
from pruning_jax.reporting.facts import Facts, note
from pruning_jax.reporting.lines import FEW, Quantity, interval_ends
from pruning_jax.reporting.tabular import Record, grouped, pick
from pruning_jax.reporting.verdicts import LOGARITHM
from pruning_jax.wording import noise

ROWS = {
    "gain": "pruned minus dense",
    "beyond_size": "pruned minus dense of as many weights",
    "beyond_time": "pruned minus dense, trained as long",
    "beyond_both": "pruned minus dense of as many weights, trained as long",
    "log_loss": "training loss, pruned divided by dense",
    "reduction": "accuracy lost to noisy examples, dense minus pruned",
}
"""The title of a row of frames."""

POINTS = Quantity("difference", "points", 100.0, reference=0.0, room=1.0)
LOSSES = Quantity("log ratio", reference=0.0, room=1.0)
FARTHEST = {POINTS: 25.0, LOSSES: 3.0}
"""Where the frames end at the latest. Collapsed networks lie far below, and what decides a claim
could not be seen beside them."""

APART = 0.15
"""How far the points of all algorithms stand from each other, as a share of the density: less
than a step of pruning 20 %."""


def forest(claim: int, title: str, says: str, missing: str, tables: Tables, facts: Facts) -> Chart:
    """A row of frames for each measure of a claim, a column for each noise rate.

    Args:
      says: what a reader should look for; the caption goes on with what the intervals are.
      missing: why there may be nothing to show.
    """
    rows = tabular.read(tables, "claim_curves", claim=claim)
    return Chart(
        title,
        f"{says} In the grey band the difference is too small to matter. The intervals of a curve "
        "hold at all its densities together, on each side with the level of the tests. A hollow "
        "point lacks a seed, so that it cannot support the claim. "
        f"{FEW} What lies farther off than the frames reach is in the table.",
        tuple(
            frame
            for (measure,), part in grouped(rows, "measure").items()
            for frame in _frames(str(measure), part, facts)
        ),
        missing,
        ("claim_curves", "claims"),
    )


def _frames(measure: str, rows: list[Record], facts: Facts) -> list[Frame]:
    """One frame for each noise rate; all have the same axes."""
    quantity = LOSSES if measure == LOGARITHM else POINTS
    drawn = {
        rate: [
            one
            for place, name in enumerate(facts.algorithms)
            for one in _series(pick(rows, algorithm=name, noise_rate=rate), place, quantity, facts)
        ]
        for rate in facts.rates
    }
    every = [one for series in drawn.values() for one in series]
    x = axes.density([place for one in every for place in one.x], facts.weights)
    within = FARTHEST[quantity]
    near = [replace(one, **_clipped(one, within)) for one in every]
    y = quantity.around(near)
    title = ROWS.get(measure, measure)
    return [
        Frame(
            title,
            noise(rate),
            x,
            y,
            tuple(series),
            reference=0.0,
            negligible=quantity.factor * float(rows[0]["smallest"]),
            noise_rate=rate,
        )
        for rate, series in drawn.items()
        if series
    ]


def _clipped(one: Series, within: float) -> dict[str, tuple[float, ...]]:
    """The heights of a series, none of them farther from 0 than `within`."""
    fields = {"y": one.y, "low": one.low, "high": one.high}
    return {
        name: tuple(max(-within, min(within, value)) for value in values)
        for name, values in fields.items()
    }


def _series(rows: list[Record], place: int, quantity: Quantity, facts: Facts) -> list[Series]:
    """The densities of an algorithm: those with all seeds, and those without."""
    found = []
    for whole in (True, False):
        part = [row for row in pick(rows, comparable=whole) if not math.isnan(float(row["effect"]))]
        if part:
            name = str(part[0]["algorithm"])
            x = tuple(
                float(row["density"]) * (1 - APART * place / len(facts.algorithms)) for row in part
            )
            y, low, high = (quantity.of(part, column) for column in ("effect", "low", "high"))
            if not whole:  # few seeds have an interval that hides all others
                low = high = (math.nan,) * len(part)
            notes = tuple(
                f"{quantity.say(*values)}\n{note(float(row['density']), facts, row)}"
                for row, *values in zip(part, y, low, high, strict=True)
            )
            low, high = (interval_ends(part, ends) for ends in (low, high))
            looks = replace(facts.style(name), line=False, band=False, hollow=not whole)
            label = name if whole else f"{name}, not all seeds"
            found.append(Series(label, looks, x, y, low, high, notes, name))
    return found
