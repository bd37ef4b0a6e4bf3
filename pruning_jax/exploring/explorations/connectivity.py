"""Linear mode connectivity: barriers between networks of different rounds, seeds and algorithms."""

from pruning_jax.exploring import pairs
from pruning_jax.exploring.bench import Bench
from pruning_jax.exploring.connectivity import Barrier, barriers
from pruning_jax.exploring.exploration import Choice, Exploration, Settings, networks
from pruning_jax.workdir.collect import Run
from pruning_jax.workdir.columns import NUMBER, TEXT, Column, Row
from pruning_jax.workdir.explored import Network, Unit


def units(run: Run, choice: Choice) -> list[Unit]:
    """The pairs of networks of one width, trained on as many examples, that differ in their round,
    seed or algorithm alone. Algorithms have round 0 in common."""
    columns = (run.rows[name].tolist() for name in (*Network._fields, "width", "train_examples"))
    kinds = {Network(*own): (width, count) for *own, width, count in zip(*columns, strict=True)}
    found = pairs.pairs(networks(run, choice), kinds.__getitem__)
    differ = [(pairs.differs(*unit), unit[0].round) for unit in found]
    return [
        unit
        for unit, (field, round_) in zip(found, differ, strict=True)
        if field != "noise_rate" and (field != "algorithm" or round_ > 0)
    ]


def look(bench: Bench, unit: Unit, settings: Settings) -> list[Row]:
    """A row for each measure."""
    first, second = unit
    found = barriers(
        bench,
        bench.recipe(first.cell),
        (bench.replica(first), bench.replica(second)),
        points=int(settings["points"]),
        examples=int(settings["examples"]),
    )
    return [{"differs": pairs.differs(*unit), **row} for row in rows_of(found)]


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
    what="barriers between networks of two rounds, two seeds or two algorithms",
    units=units,
    look=look,
    columns=(
        Column(
            "differs",
            TEXT,
            "",
            "What the two networks differ in: `round`, `seed` or `algorithm`.",
        ),
        MEASURE,
        Column("value", NUMBER, "as the measure", "Of the first network."),
        Column("other_value", NUMBER, "as the measure", "Of the other network."),
        *BARRIER,
    ),
    settings=SETTINGS,
)
