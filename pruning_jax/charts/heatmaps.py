"""Charts of coloured cells."""

import math
from typing import Any

import numpy as np

from pruning_jax.charts import DIVERGING, SEQUENTIAL, Chart, Heat, Key, Panel, axes
from pruning_jax.charts.facts import Facts, noise, note, pick
from pruning_jax.charts.lines import Tables

MOST = math.log(100)  # of a log ratio of losses; what lies beyond has the last colour


def grid(part: Any, column: str, row: str, value: str) -> Any:
    """A table with one line per value of `row` from below, one column per value of `column`."""
    return part.pivot_table(index=row, columns=column, values=value, aggfunc="mean").sort_index()


def subgroups(tables: Tables, facts: Facts) -> Chart:
    """Training loss of EL2N subgroups relative to the dense network."""
    table: Any = pick(tables["subgroups"], flag="all")
    table = table[table["relative_loss"].notna() & np.isfinite(table["relative_loss"])]
    limit = float(np.quantile(table["relative_loss"].abs(), 0.95)) if len(table) else 0.0
    limit = min(max(limit, math.log(1.5)), MOST)
    made = [
        _subgroup(pick(table, noise_rate=rate, algorithm=name), facts, name, rate, limit)
        for name in facts.algorithms
        for rate in facts.rates
        if len(pick(table, noise_rate=rate, algorithm=name))
    ]
    times = f"{math.exp(limit):.3g} times"
    ticks = ((0.0, f"{times} lower"), (0.5, "equal"), (1.0, f"{times} higher"))
    return Chart(
        "subgroups",
        "Training loss of EL2N subgroups relative to the dense network",
        "Training examples in groups of equal size by EL2N score, hardest at the top. Blue: the "
        "group's loss is below that of the dense network; yellow: above; the line lies between.",
        tuple(made),
        ("subgroups",),
        Key("loss beside that of the dense network", DIVERGING, ticks),
    )


def _subgroup(part: Any, facts: Facts, name: str, rate: float, limit: float) -> Panel:
    values = grid(part, "round", "group", "relative_loss")
    densities = part.groupby("round")["density"].mean()
    places = [facts.place(name, int(r), float(densities[r])) for r in values.columns]
    words = [axes.density_words(d, facts.weights) for d in places]
    losses = grid(part, "round", "group", "loss").reindex_like(values)
    notes = tuple(
        tuple(
            f"group {g} by EL2N, round {r}\ndensity {100 * d:.3g} %\nloss {losses.loc[g, r]:.3g}, "
            f"{math.exp(values.loc[g, r]):.3g} times that of the dense network"
            for r, d in zip(values.columns, places, strict=True)
        )
        for g in values.index
    )
    heat = Heat(_numbers(values), notes, -limit, limit, DIVERGING, level=0.0)
    x = axes.places(axes.density_title(facts.weights), words, 5)
    y = axes.places("EL2N group", (str(g) for g in values.index), 6)
    return Panel(facts.label(name), noise(rate), x, y, heat=heat, noise_rate=rate, algorithm=name)


def _numbers(values: Any) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(v) for v in line) for line in values.to_numpy())


def augmented(tables: Tables, facts: Facts) -> Chart:
    """Test accuracy of dense networks over width and number of schedules."""
    table: Any = tables["augmented"]
    table = table[table["test_accuracy"].notna()]
    found = [rate for rate in facts.rates if len(pick(table, noise_rate=rate))]
    made = [_augmented(pick(table, noise_rate=rate), facts, rate) for rate in found]
    ticks = ((0.0, "lowest"), (1.0, "highest of the noise rate"))
    return Chart(
        "augmented",
        "Augmented training: width and repeated schedules, nothing pruned",
        "Test accuracy of dense networks. The ring marks the one with the best validation "
        "accuracy.",
        tuple(made),
        ("augmented",),
        Key("test accuracy", SEQUENTIAL, ticks),
    )


def _augmented(part: Any, facts: Facts, rate: float) -> Panel:
    values = 100 * grid(part, "round", "width", "test_accuracy")
    weights = part.groupby("width")["weights_total"].mean()
    words = [f"{w:.2g}\n{axes.count(weights[w])}" for w in values.index]
    cells = {(row.width, row.round): row for row in part.itertuples()}
    notes = tuple(
        tuple(_member(cells.get((w, r)), facts) for r in values.columns) for w in values.index
    )
    chosen = part[part["selected"].astype(bool)]
    marked = tuple(
        (values.columns.get_loc(row.round), values.index.get_loc(row.width))
        for row in chosen.itertuples()
    )
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    heat = Heat(_numbers(values), notes, low, max(high, low + 1e-6), SEQUENTIAL, marked=marked)
    x = axes.places("schedules", (str(r + 1) for r in values.columns), 7)
    y = axes.places("width, weights", words, 8)
    title = f"{noise(rate)}\n{low:.1f} to {high:.1f}\N{NO-BREAK SPACE}%"
    return Panel("", title, x, y, heat=heat, noise_rate=rate)


def _member(row: Any, facts: Facts) -> str:
    """One network of augmented training in words."""
    if row is None:
        return ""
    best = "\nbest on validation" if row.selected else ""
    share = row.weights_total / facts.weights if facts.weights else math.nan
    return (
        f"width {row.width:.3g}, {row.round + 1} schedules\n"
        f"test accuracy {100 * row.test_accuracy:.2f} % "
        f"[{100 * row.low:.2f}, {100 * row.high:.2f}]\n{note(share, facts, row)}{best}"
    )
