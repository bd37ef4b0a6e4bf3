"""What all charts of a run share: its algorithms, noise rates and densities, and their looks."""

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd

from pruning_jax import wording
from pruning_jax.reporting.chart import COLOURS, Style
from pruning_jax.reporting.tabular import Record, pick, records

PLACES = {"lrr": 0, "weight_rewinding": 1, "random": 2, "extended_dense": 3, "lottery": 6}
"""The places that algorithms of the project's configurations have among the colours, so that they
look the same in the reports of all runs. `lottery` is black: others look for a place before it."""


def places_of(algorithms: Iterable[str]) -> dict[str, int]:
    """The places of some algorithms among the colours: those of PLACES their own, others in their
    order those that are left.

    >>> places_of(["mine", "extended_dense", "lrr"])
    {'mine': 4, 'extended_dense': 3, 'lrr': 0}
    """
    names = [*dict.fromkeys(algorithms)]
    left = _left({PLACES[name] for name in names if name in PLACES})
    return {name: PLACES[name] if name in PLACES else next(left) for name in names}


def _left(taken: Collection[int]) -> Iterator[int]:
    """The places that are not taken. Those of the default job's four algorithms come last."""
    end = len(COLOURS)
    order = itertools.chain(range(4, end), range(4), itertools.count(end))
    return (place for place in order if place not in taken)


class Facts(NamedTuple):
    """The facts of the main algorithms: of those that are not controls of others."""

    algorithms: tuple[str, ...]
    rates: tuple[float, ...]
    weights: float | None  # the prunable weights of the dense network, if they are known
    pruned: dict[int, float]  # the density of the pruned networks in each round
    unpruned: tuple[str, ...]  # algorithms that repeat training and keep every weight
    looks: Mapping[str, Style] = MappingProxyType({})  # where they do not follow from the names

    def style(self, algorithm: str) -> Style:
        """The looks of an algorithm, the same in all figures."""
        if algorithm in self.looks:
            return self.looks[algorithm]
        own = {} if self.looks else places_of(self.algorithms)
        place = own[algorithm] if algorithm in own else self.spare()
        return Style(place, place, place)

    def spare(self, number: int = 0) -> int:
        """A place among the colours that no algorithm has: the first one, the one after it, ..."""
        looks = self.looks.values()
        taken = {look.colour for look in looks} or {*places_of(self.algorithms).values()}
        return next(itertools.islice(_left(taken), number, None))

    def position(self, algorithm: str, round_: int, density: float) -> float:
        """Where a round of an algorithm stands on an axis of densities.

        An algorithm that keeps every weight has no density of its own to stand at: it stands
        where the pruned networks are in the same round, after as much training.
        """
        return self.pruned.get(round_, density) if algorithm in self.unpruned else density

    def label(self, algorithm: str) -> str:
        """The name of an algorithm in a legend."""
        return f"{algorithm} (all weights)" if algorithm in self.unpruned else algorithm


COLUMNS = ["algorithm", "control_of", "without", "noise_rate", "round", "density", "weights_total"]


def facts_of(rows: pd.DataFrame, order: Sequence[str] = ()) -> Facts:
    """The facts of a table with one row per cell and round.

    Args:
      order: names of algorithms; those that the table has come in this order, others after them.
    """
    every = records(rows.filter(COLUMNS))
    main = pick(every, control_of="", without="") or every
    present = dict.fromkeys(str(row["algorithm"]) for row in main)
    algorithms = tuple(dict.fromkeys([*(name for name in order if name in present), *present]))
    total = max(float(row["weights_total"]) for row in main)
    pruned: dict[int, float] = {}
    for row in main:
        round_, density = int(row["round"]), float(row["density"])
        pruned[round_] = min(density, pruned.get(round_, density))
    parts = {name: pick(main, algorithm=name) for name in algorithms}
    return Facts(
        algorithms,
        tuple(sorted({float(row["noise_rate"]) for row in main})),
        total if total > 0 else None,
        dict(sorted(pruned.items())),
        tuple(name for name, part in parts.items() if _keeps_all(part)),
    )


def _keeps_all(part: list[Record]) -> bool:
    """Whether an algorithm has rounds after the first, and prunes in none of them."""
    return all(row["density"] == 1 for row in part) and any(row["round"] != 0 for row in part)


def note(density: float, facts: Facts, row: Record) -> str:
    """A point of a figure in words: density, weights, round and replicates, as far as known.

    Args:
      row: of a table; what it has under `words` is the first line.
    """
    lines = [str(row["words"])] if "words" in row else []
    lines.append(f"density {wording.density(density, facts.weights)}")
    parts = [f"round {row['round']}"] if "round" in row else []
    if "replicates" in row:
        parts.append(wording.several(float(row["replicates"]), "replicate"))
    return "\n".join([*lines, *filter(None, [", ".join(parts)])])
