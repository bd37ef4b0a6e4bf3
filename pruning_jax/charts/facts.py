"""What all charts of a run share: its algorithms, noise rates, densities, and their looks."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from pruning_jax.charts import Style, axes


class Facts(NamedTuple):
    """Of the main algorithms, which are no controls of others."""

    algorithms: tuple[str, ...]
    rates: tuple[float, ...]
    weights: float | None  # prunable ones of the dense network
    pruned: dict[int, float]  # the density that pruning has in each round
    unpruned: tuple[str, ...]  # algorithms that keep every weight in all rounds

    def style(self, algorithm: str) -> Style:
        """The looks of an algorithm, the same in all figures."""
        i = self.algorithms.index(algorithm) if algorithm in self.algorithms else len(self)
        return Style(i, i, i)

    def place(self, algorithm: str, round_: int, density: float) -> float:
        """Where a round stands on an axis of densities: algorithms that prune nothing stand
        where pruning is in the same round."""
        return self.pruned.get(round_, density) if algorithm in self.unpruned else density

    def label(self, algorithm: str) -> str:
        return f"{algorithm} (all weights)" if algorithm in self.unpruned else algorithm


def facts(rows: Any, order: Sequence[str] = ()) -> Facts:
    """The facts of a table of rounds; algorithms come in the order that is given."""
    main = rows[(rows["control_of"] == "") & (rows["without"] == "")]
    main = rows if main.empty else main
    there = dict.fromkeys(main["algorithm"])
    names = tuple(dict.fromkeys([*(name for name in order if name in there), *there]))
    last = main.groupby("algorithm").agg(density=("density", "min"), round=("round", "max"))
    unpruned = tuple(n for n in names if last["density"][n] == 1 and last["round"][n] > 0)
    rates = tuple(sorted(float(rate) for rate in main["noise_rate"].unique()))
    totals = main.loc[main["weights_total"] > 0, "weights_total"]
    weights = float(totals.max()) if len(totals) else None
    pruned = main.groupby("round")["density"].min()
    densities = {int(k): float(v) for k, v in pruned.items()}  # type: ignore[arg-type]
    return Facts(names, rates, weights, densities, unpruned)


def noise(rate: float) -> str:
    """A noise rate in words."""
    return f"{axes.percent(rate)} label noise"


def pick(table: Any, **values: Any) -> Any:
    """The lines of a table that have these values."""
    for name, value in values.items():
        table = table[table[name] == value]
    return table


def where(density: float, facts: Facts) -> str:
    """A density in words."""
    weights = f" ({density * facts.weights:,.0f} weights)" if facts.weights else ""
    return f"{axes.percent(density)}{weights}"


def note(x: float, facts: Facts, row: Any) -> str:
    """A point in words: those that the row brings in `words`; density, weights, round,
    replicates."""
    words, round_ = getattr(row, "words", None), getattr(row, "round", None)
    replicates = getattr(row, "replicates", None)
    lines = [] if words is None else [str(words)]
    lines.append(f"density {where(x, facts)}")
    parts = [] if round_ is None else [f"round {round_}"]
    parts += [] if replicates is None else [f"{replicates:.0f} replicates"]
    return "\n".join([*lines, *([", ".join(parts)] if parts else [])])
