"""What an exploration is: which networks it looks at together, and the rows that it gives."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from pruning_jax.errors import one_of, require
from pruning_jax.exploring.bench import Bench
from pruning_jax.workdir.collect import Run
from pruning_jax.workdir.columns import NUMBER, TEXT, WHOLE, Column, Row
from pruning_jax.workdir.explored import Network, Unit

Settings: TypeAlias = Mapping[str, int | float]
"""The numbers of an exploration that can be chosen, by their names."""


class Choice(NamedTuple):
    """Which networks of a run to look at; an empty tuple chooses all.

    Without names of algorithms, those that prune and are no control are meant, and those that stay
    dense for as long.
    """

    algorithms: tuple[str, ...] = ()
    noise_rates: tuple[float, ...] = ()
    seeds: tuple[int, ...] = ()
    rounds: tuple[int, ...] = ()


@dataclass(frozen=True)
class Exploration:
    """An exploration.

    Attributes:
      what: what it looks at, in a line.
      units: the networks that it looks at, one after another: one each time, or two that are
        compared. A unit without a network stands for the whole run.
      look: the rows of one unit, with a value for each of `columns`. Where the networks came from
        is added to them. Called again it gives the same rows.
      columns: what each row says.
      settings: the numbers that can be chosen, with their defaults.
      needs_params: whether it needs parameters, which a run keeps where `config.save.params` is
        set.
    """

    what: str
    units: Callable[[Run, Choice], list[Unit]]
    look: Callable[[Bench, Unit, Settings], list[Row]]
    columns: tuple[Column, ...]
    settings: Settings = field(default_factory=dict)
    needs_params: bool = True


def networks(run: Run, choice: Choice) -> Iterator[Network]:
    """The chosen networks of a run that have not diverged, in the order of its rows.

    Raises:
      WrongUse: something is chosen that the run does not have.
    """
    rows = run.rows
    for name in choice.algorithms:
        one_of("algorithm", name, {*map(str, rows["algorithm"])})
    names = dict(zip(Choice._fields, ("algorithm", "noise_rate", "seed", "round"), strict=True))
    for chosen, column in names.items():
        there = sorted({*rows[column].tolist()})
        for value in getattr(choice, chosen):
            listed = ", ".join(map(str, there))
            require(value in there, f"{column} {value!r} is not one of {listed}")
    columns = (rows[column].tolist() for column in (*names.values(), "control_of", "diverged"))
    for *own, control_of, diverged in zip(*columns, strict=True):
        network = Network(*own)
        wanted = all(
            not values or value in values for values, value in zip(choice, network, strict=True)
        )
        if wanted and not diverged and (choice.algorithms or not control_of):
            yield network


def each(run: Run, choice: Choice) -> list[Unit]:
    """Every chosen network by itself."""
    return [(network,) for network in networks(run, choice)]


WHERE = (
    Column("algorithm", TEXT, "", "The algorithm of the network."),
    Column("noise_rate", NUMBER, "fraction", "The noise rate of its cell."),
    Column("seed", WHOLE, "", "The seed of its cell."),
    Column("round", WHOLE, "", "At the end of which round it was looked at."),
    Column("density", NUMBER, "fraction", "Which part of its prunable weights remains."),
)
"""The columns that say which network a row is about."""

OTHER = tuple(
    Column(
        f"other_{column.name}", column.type, column.unit, f"The same of the other network: {end}"
    )
    for column in WHERE
    for end in [f"{column.meaning[0].lower()}{column.meaning[1:]}"]
)
"""Those of the network that it is compared with."""
