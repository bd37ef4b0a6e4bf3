"""Instability to the order of the examples: what a round becomes if it sees them in another one."""

from pruning_jax.exploring import begun
from pruning_jax.exploring.bench import Bench
from pruning_jax.exploring.connectivity import barriers
from pruning_jax.exploring.exploration import Exploration, Settings, each
from pruning_jax.exploring.explorations.connectivity import BARRIER, MEASURE, SETTINGS, rows_of
from pruning_jax.training.streams import Stream, stream
from pruning_jax.workdir.columns import NUMBER, Column, Row
from pruning_jax.workdir.explored import Unit


def look(bench: Bench, unit: Unit, settings: Settings) -> list[Row]:
    """A row for each measure, of the line from the network to one that is trained for it."""
    (network,) = unit
    start, own = begun.begun(bench, network), bench.replica(network)
    key = stream(own.key, Stream.OTHER_ORDER, network.round)
    other = own._replace(state=begun.trained(bench, network, start, key))
    found = barriers(
        bench,
        bench.recipe(network.cell),
        (own, other),
        points=int(settings["points"]),
        examples=int(settings["examples"]),
    )
    return rows_of(found)


EXPLORATION = Exploration(
    what="the barrier to the network that another order of the examples makes",
    units=each,
    look=look,
    columns=(
        MEASURE,
        Column("value", NUMBER, "as the measure", "Of the network of the run."),
        Column("other_value", NUMBER, "as the measure", "Of the one with the other order."),
        *BARRIER,
    ),
    settings=SETTINGS,
)
