"""Charts of several runs as one: series beside each other where frames say the same."""

from collections.abc import Mapping
from dataclasses import replace

from pruning_jax.reporting import axes
from pruning_jax.reporting.chart import Chart, Frame, Series
from pruning_jax.reporting.parts import apart

Charts = dict[str, Chart]

DROPPED = "There is no line for the dense network where that of the runs differs."


def joined(runs: Mapping[str, Charts]) -> Charts:
    """The charts of a report from those of each run, by the labels of the runs.

    Charts whose colours mean different things stand one after the other.
    """
    if len(runs) == 1:
        return next(iter(runs.values()))
    found: Charts = {}
    for name in dict.fromkeys(name for charts in runs.values() for name in charts):
        own = {label: charts[name] for label, charts in runs.items() if name in charts}
        drawn = {label: chart for label, chart in own.items() if chart.frames} or own
        if len({chart.scale for chart in drawn.values()}) == 1:
            found[name] = _chart(drawn)
            continue
        for place, (label, chart) in enumerate(drawn.items(), 1):
            found[f"{name}_{place}"] = replace(chart, title=f"{chart.title}: {label}")
    return found


def _chart(runs: Charts) -> Chart:
    """One chart of those of several runs."""
    first = next(iter(runs.values()))
    frames: dict[tuple[str, str], Frame] = {}
    dropped = False
    for place, (label, chart) in enumerate(runs.items()):
        for frame in chart.frames:
            own = _labelled(frame, label, place)
            key = own.row, own.column
            if key in frames:
                dropped |= frames[key].reference != own.reference
                frames[key] = _frame(frames[key], own)
            else:
                frames[key] = own
    caption = f"{first.caption} {DROPPED}" if dropped else first.caption
    rows = [*dict.fromkeys(row for row, _ in frames)]
    order = sorted(frames.values(), key=lambda f: (rows.index(f.row), f.noise_rate or 0))
    return replace(first, caption=caption, frames=tuple(order))


def _labelled(frame: Frame, label: str, place: int) -> Frame:
    """A frame whose series, or else whose title, say of which run they are."""
    if frame.heat:  # what it shows of an algorithm has the run's label in its name
        row = frame.row if frame.algorithm else ": ".join(filter(None, (label, frame.row)))
        return replace(frame, row=row)
    series = [s if s.algorithm else _of(s, label, place) for s in frame.series]
    return replace(frame, series=tuple(series))


def _of(series: Series, label: str, place: int) -> Series:
    """A series that belongs to no algorithm, as that of a run."""
    return replace(series, name=f"{label}: {series.name}", style=apart(series.style, place))


def _frame(one: Frame, other: Frame) -> Frame:
    """What two frames show, in one."""
    return replace(
        one,
        x=axes.joined(one.x, other.x),
        y=axes.joined(one.y, other.y),
        series=(*one.series, *other.series),
        reference=one.reference if one.reference == other.reference else None,
    )
