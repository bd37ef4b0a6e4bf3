"""What a frame shows, in words, for readers who hear the page."""

import math

from pruning_jax.reporting.chart import Axis, Frame, Heat, Series
from pruning_jax.wording import percent, typeset


def seen(title: str, frame: Frame) -> str:
    """What a reader would see in a frame of the chart with this title."""
    where = ", ".join(filter(None, (title, frame.row, *frame.column.split("\n"))))
    if frame.heat:
        return f"{where}: {_cells(frame.heat, frame)}"
    drawn = [_course(series, frame) for series in frame.series]
    axes = " over ".join(filter(None, (frame.y.title, frame.x.title)))
    return " ".join([f"{where}: {axes}.", *filter(None, drawn)])


def at(axis: Axis, value: float) -> str:
    """A place on an axis, as its ticks would say it."""
    if axis.kind == "density":
        return percent(value)
    if axis.kind == "category":
        return min(axis.ticks, key=lambda tick: abs(tick[0] - value))[1].replace("\n", " ")
    return typeset(f"{value:.3g}")


def _course(series: Series, frame: Frame) -> str:
    """A series by its first and last point and its lowest and highest one, in their order."""
    known = [p for p in zip(series.x, series.y, strict=True) if all(map(math.isfinite, p))]
    if not known:
        return ""
    low, high = (choose(known, key=lambda point: point[1]) for choose in (min, max))
    names = dict.fromkeys((known[0], known[-1]), "")
    names |= {low: "lowest ", high: "highest "} if low[1] < high[1] else {}
    ordered = sorted(names, key=known.index)
    points = [f"{names[x, y]}{at(frame.y, y)} at {at(frame.x, x)}" for x, y in ordered]
    return f"{series.name}: {', '.join(points)}."


def _cells(heat: Heat, frame: Frame) -> str:
    """A heat map by its lowest, highest and marked cells."""
    known = [
        (number, x, y)
        for y, line in enumerate(heat.values)
        for x, number in enumerate(line)
        if math.isfinite(number)
    ]
    said = f"colours over {frame.x.title} (across) and {frame.y.title} (upwards)."
    if not known:
        return said
    places = {"Lowest": min(known)[1:], "Highest": max(known)[1:]}
    places |= {"Ring": heat.marked[0]} if heat.marked else {}
    for name, (x, y) in places.items():
        note = ", ".join(heat.notes[y][x].split("\n"))
        said += f" {name}: {note}."
    return said
