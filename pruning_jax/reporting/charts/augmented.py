"""Dense networks of several widths, trained for several schedules."""

import math

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import axes, tabular
from pruning_jax.reporting.chart import SEQUENTIAL, Chart, ColourScale, Frame, Heat
from pruning_jax.reporting.facts import Facts, note
from pruning_jax.reporting.tabular import Record, pick
from pruning_jax.wording import NO_BREAK, count, noise, several


def augmented(tables: Tables, facts: Facts) -> Chart:
    """One heat map for each noise rate: test accuracy over width and number of schedules."""
    every = tabular.read(tables, "augmented")
    rows = [row for row in every if not math.isnan(float(row["test_accuracy"]))]
    drawn = [
        _frame(part, facts, rate) for rate in facts.rates if (part := pick(rows, noise_rate=rate))
    ]
    ticks = ((0.0, "lowest"), (1.0, "highest of the noise rate"))
    return Chart(
        "Augmented training: several widths and repeated schedules, no pruning",
        "Each cell is a dense network of some width that is trained for one or more schedules. Its "
        "colour is its test accuracy; the title of each frame says from where to where the colours "
        "go. The ring marks the network with the best validation accuracy.",
        tuple(drawn),
        "This figure needs extended_dense and its narrower versions "
        "(config.controls.width_rounds).",
        ("augmented",),
        ColourScale("test accuracy", SEQUENTIAL, ticks),
    )


def _frame(rows: list[Record], facts: Facts, rate: float) -> Frame:
    cells = {(float(row["width"]), int(row["round"])): row for row in rows}
    widths = sorted({width for width, _ in cells})
    rounds = sorted({round_ for _, round_ in cells})
    values = tuple(
        tuple(
            100 * float(cells[w, r]["test_accuracy"]) if (w, r) in cells else math.nan
            for r in rounds
        )
        for w in widths
    )
    notes = tuple(
        tuple(_note(cells[w, r], facts) if (w, r) in cells else "" for r in rounds) for w in widths
    )
    marked = tuple(
        (rounds.index(r), widths.index(w)) for (w, r), row in cells.items() if row["selected"]
    )
    known = [100 * float(row["test_accuracy"]) for row in rows]
    low, high = min(known), max(known)
    heat = Heat(values, notes, low, max(high, low + 1e-6), SEQUENTIAL, marked=marked)
    weights = {float(row["width"]): float(row["weights_total"]) for row in rows}
    x = axes.categories("schedules", (str(r + 1) for r in rounds), 7)
    y = axes.categories("width, weights", (f"{w:.2g}\n{count(weights[w])}" for w in widths))
    title = f"{noise(rate)}\n{low:.1f} to {high:.1f}{NO_BREAK}%"
    return Frame("", title, x, y, heat=heat, noise_rate=rate)


def _note(row: Record, facts: Facts) -> str:
    """One network in words."""
    accuracy, low, high = (100 * float(row[name]) for name in ("test_accuracy", "low", "high"))
    share = float(row["weights_total"]) / facts.weights if facts.weights else math.nan
    best = "\nbest validation accuracy" if row["selected"] else ""
    return (
        f"width {row['width']:.3g}, {several(int(row['round']) + 1, 'schedule')}\n"
        f"test accuracy {accuracy:.2f} % [{low:.2f}, {high:.2f}]\n{note(share, facts, row)}{best}"
    )
