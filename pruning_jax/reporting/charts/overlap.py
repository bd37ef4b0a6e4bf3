"""What masks of two seeds, and of two algorithms, have in common."""

import math
from collections.abc import Callable

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import axes, tabular
from pruning_jax.reporting.chart import Chart, Frame, Series
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.lines import ACCURACY, FEW, Quantity, frames
from pruning_jax.reporting.pairs import PAIR, named, of_algorithms, of_seeds
from pruning_jax.reporting.tabular import Record, pick

IOU = Quantity("intersection over union", "%", 100.0, axis=axes.log_percentage)
BEYOND = Quantity("above chance by layers", "%", 100.0, reference=0.0)
CHANCE = "chance by size"
NAN = math.nan
BOTH = "two algorithms: above chance by layers"


def overlap(tables: Tables, facts: Facts) -> Chart:
    """A row of frames for what seeds share, one for what of it chance by layers does not give, the
    same for algorithms, and the accuracy of those that have a shuffled control."""
    every = tabular.read(tables, "explored/overlap", layer="")
    for row in every:
        row["beyond"] = float(row["iou"]) - float(row["iou_by_layers"])
    seeds = pick(every, differs="seed")
    shared = [row for row in of_seeds(seeds, "iou") if float(row["mean"]) > 0]  # the axis has no 0
    algorithms = [row for row in every if row["differs"] in ("algorithm", "shuffled")]
    return Chart(
        "What masks have in common",
        "Intersection over union is the part of the weights remaining in either of two networks "
        "that remains in both. Chance by size is that of random masks with as many weights; chance "
        "by layers is that of random masks with as many weights in every layer. What is above the "
        "latter comes from places, not from numbers. Where masks were also shuffled in every "
        "layer, the last row shows the accuracy that their numbers alone give. Each point is the "
        "mean over seeds, or over pairs of seeds, with a 95 % interval. There is no point in "
        f"the first row where no two seeds share a weight. {FEW}",
        (
            *frames("two seeds", shared, IOU, facts, _chance(seeds, facts)),
            *frames("two seeds: above chance by layers", of_seeds(seeds, "beyond"), BEYOND, facts),
            *of_algorithms(BOTH, algorithms, "beyond", BEYOND, facts),
            *_shuffled(tables, pick(every, differs="shuffled"), facts),
        ),
        "No two networks were compared.",
        ("explored/overlap",),
    )


def _chance(rows: list[Record], facts: Facts) -> Callable[[float], list[Series]]:
    """A function from a noise rate to the line of random masks with as many weights."""

    def at(rate: float) -> list[Series]:
        known = {float(row["density"]): row for row in pick(rows, noise_rate=rate)}
        part: list[Record] = [
            {"density": density, "mean": float(row["iou_by_size"]), "low": NAN, "high": NAN}
            for density, row in known.items()
        ]
        return [named(part, IOU, facts, CHANCE, facts.spare())] if part else []

    return at


def _shuffled(tables: Tables, rows: list[Record], facts: Facts) -> list[Frame]:
    """The test accuracy of algorithms beside that of those with their masks, shuffled."""
    names = {str(row[column]) for row in rows for column in PAIR}
    if not names or "curves" not in tables:
        return []
    every = tabular.read(tables, "curves", measure="test_accuracy")
    own = [row for row in every if row["algorithm"] in names]
    return frames("beside shuffled masks", own, ACCURACY, facts)
