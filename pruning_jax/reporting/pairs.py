"""Means of what explorations found of pairs of networks, as the charts draw them."""

from dataclasses import replace

import numpy as np

from pruning_jax.analysis.pairs import pseudovalues
from pruning_jax.reporting.chart import Frame, Series, Style
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.lines import Quantity, frames, line
from pruning_jax.reporting.over_seeds import over_seeds
from pruning_jax.reporting.tabular import Record, grouped, pick

PAIR = ("algorithm", "other_algorithm")


def of_seeds(rows: list[Record], column: str) -> list[Record]:
    """A row for each point: the mean of a column over pairs of seeds, with its 95 % interval."""
    made: list[Record] = []
    for own in grouped(rows, "algorithm", "noise_rate", "round").values():
        ends = ("seed", "other_seed")
        seeds = sorted({int(row[end]) for row in own for end in ends})
        values = np.full((len(seeds), len(seeds)), np.nan)
        for row in own:
            i, j = (seeds.index(int(row[end])) for end in ends)
            values[i, j] = values[j, i] = float(row[column])
        np.fill_diagonal(values, 0.0)
        whole = bool(np.isfinite(values).all())  # else there is a mean, but no interval
        found = (
            pseudovalues(values) if whole else [float(np.mean([float(row[column]) for row in own]))]
        )
        made += [{**own[0], column: float(value)} for value in found]
    return over_seeds(made, column)


def of_algorithms(
    title: str, rows: list[Record], column: str, quantity: Quantity, facts: Facts
) -> list[Frame]:
    """Frames with a line for each two algorithms: the mean of a column over seeds."""
    means = over_seeds(rows, column, by=(*PAIR, "noise_rate", "round"))
    looks = {pair: facts.spare(i) for i, pair in enumerate(grouped(means, *PAIR), 1)}

    def at(rate: float) -> list[Series]:
        return [
            named(part, quantity, facts, " and ".join(map(str, pair)), looks[pair])
            for pair, part in grouped(pick(means, noise_rate=rate), *PAIR).items()
        ]

    return frames(title, [], quantity, facts, at)


def named(rows: list[Record], quantity: Quantity, facts: Facts, name: str, look: int) -> Series:
    """A line that is not about one algorithm."""
    style = Style(look, look, look, hollow=True)
    return replace(line(rows, quantity, facts, ""), name=name, style=style)
