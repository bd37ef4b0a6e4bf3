"""The rank correlation of the distance from initialisation with the test error."""

import math
from dataclasses import replace

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import axes, tabular
from pruning_jax.reporting.chart import Chart, Frame, Series
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.lines import FEW, Quantity, interval_ends
from pruning_jax.reporting.over_seeds import over_seeds
from pruning_jax.reporting.tabular import Record, pick
from pruning_jax.wording import noise, several

CORRELATION = Quantity("rank correlation", reference=0.0, room=math.inf)

TITLES = {"rounds": "over rounds", "changes": "of changes from round to round"}


def distance(tables: Tables, facts: Facts) -> Chart:
    """Two rows of frames: of the values themselves, and of their changes."""
    every = [{**row, "density": 1.0} for row in tabular.read(tables, "explored/distance")]
    return Chart(
        "Distance from initialisation and test error",
        "The rank correlation of the distance of the surviving weights from their first values "
        "with the test error, over the rounds of a cell. The first row can show no more than that "
        "both rise or fall with the density; the second one, whether the test error rises in those "
        "rounds in which the distance does. Bars are 95 % intervals over seeds. "
        f"{FEW}",
        tuple(
            frame
            for over, title in TITLES.items()
            for frame in _frames(title, pick(every, over=over), facts)
        ),
        "No cell has rounds enough.",
        ("explored/distance",),
    )


def _frames(title: str, rows: list[Record], facts: Facts) -> list[Frame]:
    """One frame for each noise rate, with a point for each algorithm."""
    means = over_seeds(rows, "correlation", by=("algorithm", "noise_rate"))
    x = axes.categories("", facts.algorithms)
    made = []
    for rate in facts.rates:
        series = [
            _point(name, place, own, facts)
            for place, name in enumerate(facts.algorithms)
            for own in pick(means, noise_rate=rate, algorithm=name)
        ]
        if series:
            y = CORRELATION.around(series)
            made.append(
                Frame(title, noise(rate), x, y, tuple(series), reference=0.0, noise_rate=rate)
            )
    return made


def _point(name: str, place: int, row: Record, facts: Facts) -> Series:
    mean, low, high = (float(row[end]) for end in ("mean", "low", "high"))
    says = f"{CORRELATION.say(mean, low, high)}\n{several(float(row['replicates']), 'replicate')}"
    style = replace(facts.style(name), line=False, band=False)
    lower, upper = (interval_ends([row], (end,)) for end in (low, high))
    return Series(facts.label(name), style, (float(place),), (mean,), lower, upper, (says,), name)
