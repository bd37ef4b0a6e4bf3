"""Charts that compare training time with size, and the examples that pruning improves."""

import math
from dataclasses import replace
from typing import Any

from pruning_jax.charts import Chart, Panel, Series, Style, axes
from pruning_jax.charts.facts import Facts, noise, note, pick, where
from pruning_jax.charts.lines import POINTS, Quantity, Tables, panels

SIZES = {
    "full": ("full size", Style(0, 0, 0, band=False)),
    "reduced": (
        "fewer units, as many weights as pruning leaves",
        Style(2, 1, 1, band=False, hollow=True),
    ),
    "pruned": ("pruned", Style(1, 2, 0, line=False, band=False)),
}
"""The sizes of networks in words, and their looks."""

TIMES = {"standard": "standard\ntime", "extended": "extended\ntime", "pruned": "pruned"}

MEASURES = {
    "train_loss": Quantity("training loss (nats)", axis=axes.logarithmic, room=math.inf),
    "degradation": POINTS._replace(room=math.inf),
    "test_accuracy": Quantity("test accuracy (%)", 100.0, room=math.inf),
}


def two_factors(tables: Tables, facts: Facts) -> Chart:
    """The 2 x 2 of training time and size, with pruning beside it."""
    table = tables["two_factors"]
    made: list[Panel] = []
    for measure, quantity in MEASURES.items():
        part = pick(table, measure=measure)
        made += _measured(part[part["mean"].notna()], quantity, facts)
    return Chart(
        "two_factors",
        "Two factors: training time and size",
        "Dense networks trained once (standard) or as often as pruning trains (extended), of full "
        "size or with fewer units; beside them the pruned network, at the density that does best "
        "on validation, which each title names.",
        tuple(made),
        ("two_factors", "factor_effects"),
    )


def _measured(table: Any, quantity: Quantity, facts: Facts) -> list[Panel]:
    """One panel per noise rate and density."""
    found = {
        key: _sizes(part, quantity, facts)
        for key, part in table.groupby(["noise_rate", "density"])
        if key[0] in facts.rates
    }
    x = axes.places("", TIMES.values())
    row = quantity.title.rpartition(" (")[0]
    return [
        Panel(
            row,
            f"{noise(rate)}\nat density {where(density, facts)}",
            x,
            quantity.around(part),
            tuple(part),
            noise_rate=rate,
        )
        for (rate, density), part in found.items()
    ]


def _sizes(table: Any, quantity: Quantity, facts: Facts) -> list[Series]:
    """The sizes of networks over training time."""
    made, times = [], [*TIMES]
    for i, (size, (name, style)) in enumerate(SIZES.items()):
        part = pick(table, size=size)
        part = part[part["time"].isin(times)].sort_values("time", key=lambda t: t.map(times.index))
        if len(part):
            x = tuple(times.index(t) + 0.06 * (i - 1) * (size != "pruned") for t in part["time"])
            y, low, high = (quantity.of(part[c]) for c in ("mean", "low", "high"))
            notes = tuple(
                note(row.density, facts, row)
                if size != "full"
                else f"{row.replicates:.0f} replicates"
                for row in part.itertuples()
            )
            made.append(Series(name, style, x, y, low, high, notes))
    return made


def tie(tables: Tables, facts: Facts) -> Chart:
    """Dense networks trained without the examples that pruning improves most."""
    table: Any = tables["tie"]
    made = [
        panel
        for name in dict.fromkeys(table["control_of"])
        for panel in _improved(pick(table, control_of=name), facts, str(name))
    ]
    return Chart(
        "tie",
        "Without the examples whose training loss pruning improves most",
        "Test accuracy of dense networks trained without as many random examples, minus that of "
        "dense networks trained without the top-improved ones, in percentage points. Above the "
        "line the top-improved examples are worth more than random ones.",
        tuple(made),
        ("tie",),
    )


def _improved(table: Any, facts: Facts, name: str) -> list[Panel]:
    """One panel per noise rate for the examples that one algorithm improves."""
    quantity = Quantity(
        "random \N{MINUS SIGN} top-improved (points)", 100.0, reference=0.0, room=math.inf
    )
    part = table[table["difference"].notna()]
    part = part.rename(columns={"difference": "mean", "control_round": "round"})
    words = [
        f"test accuracy {100 * row.top_improved:.2f} % without top-improved, "
        f"{100 * row.random:.2f} % without random ones"
        for row in part.itertuples()
    ]
    part = part.assign(algorithm=name, words=words)
    names = tuple(dict.fromkeys([*facts.algorithms, name]))
    made = panels(f"those that {name} improves", part, quantity, facts._replace(algorithms=names))
    bars = [tuple(replace(s, style=replace(s.style, band=False)) for s in p.series) for p in made]
    return [replace(p, series=own) for p, own in zip(made, bars, strict=True)]
