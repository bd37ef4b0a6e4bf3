"""Linear mode connectivity: barriers between networks of different rounds, seeds and algorithms."""

import itertools
from collections.abc import Iterator

from pruning_jax.exploring.bench import Bench
from pruning_jax.exploring.connectivity import Barrier, barriers
from pruning_jax.exploring.exploration import Choice, Exploration, Settings, networks
from pruning_jax.workdir.collect import Run
from pruning_jax.workdir.columns import NUMBER, TEXT, Column, Row
from pruning_jax.workdir.explored import Network, Unit

BETWEEN = {"round": "rounds", "seed": "seeds", "algorithm": "algorithms"}
"""What the two networks of a pair differ in, and how the column `between` calls it."""


def units(run: Run, choice: Choice) -> list[Unit]:
    """The pairs of chosen networks."""
    shapes = _shapes(run)
    chosen = [*networks(run, choice)]
    pairs = (pair for field in BETWEEN for pair in _pairs(chosen, field))
    return [pair for pair in pairs if shapes[pair[0]] == shapes[pair[1]]]


def _pairs(chosen: list[Network], field: str) -> Iterator[Unit]:
    """Pairs of networks that differ in one field and in nothing else."""
    alike: dict[Network, list[Network]] = {}
    for network in chosen:
        alike.setdefault(network._replace(**{field: 0}), []).append(network)
    for one in alike.values():
        if field == "round":  # each with the next one
            yield from itertools.pairwise(sorted(one, key=lambda network: network.round))
        elif field == "seed":  # no network in two pairs: means over pairs would be too sure
            yield from zip(one[::2], one[1::2], strict=False)
        elif one[0].round:  # the first with each other; they share the network of round 0
            yield from ((one[0], other) for other in one[1:])


def _shapes(run: Run) -> dict[Network, tuple[float, int]]:
    """The width of each network and how many examples it is trained on."""
    columns = (run.rows[name].tolist() for name in (*Network._fields, "width", "train_examples"))
    return {Network(*own): (width, count) for *own, width, count in zip(*columns, strict=True)}


def look(bench: Bench, unit: Unit, settings: Settings) -> list[Row]:
    """A row for each measure."""
    first, second = unit
    field = next(f for f in BETWEEN if getattr(first, f) != getattr(second, f))
    found = barriers(
        bench,
        bench.recipe(first.cell),
        (bench.replica(first), bench.replica(second)),
        points=int(settings["points"]),
        examples=int(settings["examples"]),
    )
    return [{"between": BETWEEN[field], **row} for row in rows_of(found)]


def rows_of(found: dict[str, Barrier]) -> list[Row]:
    """The rows of the barriers of all measures."""
    return [
        {
            "measure": measure,
            "value": own.first,
            "other_value": own.second,
            "barrier": own.height,
            "at": own.place,
        }
        for measure, own in found.items()
    ]


MEASURE = Column(
    "measure",
    TEXT,
    "",
    "`train_loss` in nats; `train_error` or `test_error` as a fraction. Both networks' examples "
    "and labels count in training.",
)
BARRIER = (
    Column(
        "barrier",
        NUMBER,
        "as the measure",
        "How far it rises on the way above the straight line between these two values.",
    ),
    Column("at", NUMBER, "fraction", "Which part of the way leads there; 0 without a barrier."),
)
SETTINGS = {"points": 11, "examples": 10_000}

EXPLORATION = Exploration(
    what="barriers between networks: of rounds, of seeds, of algorithms",
    units=units,
    look=look,
    columns=(
        Column(
            "between",
            TEXT,
            "",
            "What differs: `rounds` that follow one another, `seeds`, or `algorithms`.",
        ),
        MEASURE,
        Column("value", NUMBER, "as the measure", "Of the first network."),
        Column("other_value", NUMBER, "as the measure", "Of the other network."),
        *BARRIER,
    ),
    settings=SETTINGS,
)
