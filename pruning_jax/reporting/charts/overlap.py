"""What masks of two seeds, and of two algorithms, have in common."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pruning_jax.analysis.answers import Tables
from pruning_jax.analysis.pairs import pseudovalues
from pruning_jax.reporting import axes, tabular
from pruning_jax.reporting.chart import Chart, Frame, Series, Style
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.lines import ACCURACY, Quantity, frames, line
from pruning_jax.reporting.over_seeds import over_seeds
from pruning_jax.reporting.tabular import Record, grouped, pick

IOU = Quantity("intersection over union", "%", 100.0, axis=axes.logarithmic)
BEYOND = Quantity("above chance by layers", "%", 100.0, reference=0.0)
CHANCE = "chance by size"
NAN = math.nan
PAIR = ("algorithm", "other_algorithm")
POINT = (*PAIR, "noise_rate", "round")


def overlap(tables: Tables, facts: Facts) -> Chart:
    """A row of frames for what seeds share, one for what of it chance by layers does not give, the
    same for algorithms, and the accuracy of those that have a shuffled control."""
    every = tabular.read(tables, "explored/overlap", layer="")
    for row in every:
        row["beyond"] = float(row["iou"]) - float(row["iou_by_layers"])
    seeds = pick(every, differs="seed")
    shared = [row for row in _pairs(seeds, "iou") if float(row["mean"]) > 0]  # the axis has no 0
    algorithms = [row for row in every if row["differs"] in ("algorithm", "shuffled")]
    return Chart(
        "What masks have in common",
        "Intersection over union is the part of the weights remaining in either of two networks "
        "that remains in both. Chance by size is that of random masks with as many weights; chance "
        "by layers is that of random masks with as many weights in every layer. What is above the "
        "latter comes from places, not from numbers. Where masks were also shuffled in every "
        "layer, the last row shows the accuracy that their numbers alone give. Each point is the "
        "mean over seeds, or over pairs of seeds, with a 95 % interval. There is none in the first "
        "row where no two seeds share a weight.",
        (
            *frames("two seeds", shared, IOU, facts, _chance(seeds, facts)),
            *frames("two seeds: above chance by layers", _pairs(seeds, "beyond"), BEYOND, facts),
            *_algorithms(
                over_seeds(algorithms, "beyond", by=(*PAIR, "noise_rate", "round")), facts
            ),
            *_shuffled(tables, pick(every, differs="shuffled"), facts),
        ),
        "No two networks were compared.",
        ("explored/overlap",),
    )


def _pairs(rows: list[Record], column: str) -> list[Record]:
    """The means over pairs of seeds."""
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


def _named(rows: list[Record], quantity: Quantity, facts: Facts, name: str, look: int) -> Series:
    """A line that is not about one algorithm."""
    style = Style(look, look, look, hollow=True)
    return replace(line(rows, quantity, facts, ""), name=name, style=style)


def _chance(rows: list[Record], facts: Facts) -> Callable[[float], list[Series]]:
    """A function from a noise rate to the line of random masks with as many weights."""

    def at(rate: float) -> list[Series]:
        known = {float(row["density"]): row for row in pick(rows, noise_rate=rate)}
        part: list[Record] = [
            {"density": density, "mean": float(row["iou_by_size"]), "low": NAN, "high": NAN}
            for density, row in known.items()
        ]
        return [_named(part, IOU, facts, CHANCE, len(facts.algorithms))] if part else []

    return at


def _algorithms(rows: list[Record], facts: Facts) -> list[Frame]:
    """What two algorithms share at the same seed."""
    first = len(facts.algorithms) + 1
    looks = {pair: first + i for i, pair in enumerate(grouped(rows, *PAIR))}

    def at(rate: float) -> list[Series]:
        return [
            _named(part, BEYOND, facts, " and ".join(map(str, pair)), looks[pair])
            for pair, part in grouped(pick(rows, noise_rate=rate), *PAIR).items()
        ]

    return frames("two algorithms: above chance by layers", [], BEYOND, facts, at)


def _shuffled(tables: Tables, rows: list[Record], facts: Facts) -> list[Frame]:
    """The test accuracy of algorithms beside that of those with their masks, shuffled."""
    names = {str(row[column]) for row in rows for column in PAIR}
    if not names or "curves" not in tables:
        return []
    every = tabular.read(tables, "curves", measure="test_accuracy")
    own = [row for row in every if row["algorithm"] in names]
    return frames("beside shuffled masks", own, ACCURACY, facts)
