"""TIE: dense networks trained without the examples that pruning improves most."""

import math
from dataclasses import replace

from pruning_jax.analysis.answers import Tables
from pruning_jax.reporting import tabular
from pruning_jax.reporting.chart import Chart, Frame, Series
from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.lines import FEW, Quantity, frames
from pruning_jax.reporting.tabular import Record, grouped
from pruning_jax.wording import MINUS

DIFFERENCE = Quantity(f"random {MINUS} top-improved", "points", 100.0, reference=0.0, room=math.inf)


def tie(tables: Tables, facts: Facts) -> Chart:
    """One row of frames for each algorithm that improves examples, one column for each rate."""
    groups = grouped(tabular.read(tables, "tie"), "control_of")
    return Chart(
        "Dense training without the examples that pruning improves most",
        "Two dense networks are compared: one is trained without the examples whose training loss "
        "pruning improves most, the other without as many random examples. Each point is the test "
        "accuracy of the second minus that of the first, in percentage points. Above the line, the "
        "improved examples are worth more than random ones. Bars are 95 % intervals over seeds. "
        f"{FEW}",
        tuple(
            frame for (name,), rows in groups.items() for frame in _improved(rows, facts, str(name))
        ),
        "This figure needs dense networks that are trained without those examples "
        "(config.controls.tie_rounds).",
        ("tie",),
    )


def _improved(rows: list[Record], facts: Facts, name: str) -> list[Frame]:
    """One frame for each noise rate, for the examples that one algorithm improves."""
    points: list[Record] = [
        {
            **{column: row[column] for column in ("noise_rate", "density", "replicates")},
            **{column: row[column] for column in ("low", "high")},
            "algorithm": name,
            "round": row["control_round"],
            "mean": row["difference"],
            "words": f"test accuracy {100 * float(row['top_improved']):.2f} % without top-improved "
            f"examples, {100 * float(row['random']):.2f} % without random ones",
        }
        for row in rows
        if not math.isnan(float(row["difference"]))
    ]
    algorithms = tuple(dict.fromkeys([*facts.algorithms, name]))
    title = f"examples that {name} improves"
    drawn = frames(title, points, DIFFERENCE, facts._replace(algorithms=algorithms))
    return [replace(frame, series=tuple(map(_with_bars, frame.series))) for frame in drawn]


def _with_bars(series: Series) -> Series:
    """The series with bars for its intervals: a band would join rounds that lie far apart."""
    return replace(series, style=replace(series.style, band=False))
