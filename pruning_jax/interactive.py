"""Charts on the page: panels as Plotly draws them, in plain JSON.

Plotly takes some HTML in its labels; whatever comes from a configuration is escaped here.
"""

import html
import math
from collections.abc import Iterable
from typing import Any

from pruning_jax import charts
from pruning_jax.charts import Axis, Chart, Heat, Panel, Series, Style

Json = dict[str, Any]

MARKERS = charts.MARKERS
INK, GRID, GREY = "#1a1a1a", "#e4e4e4", "#666666"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def text(words: str) -> str:
    """Words as Plotly shows them literally, in as many lines."""
    return html.escape(words, quote=False).replace("\n", "<br>")


def number(value: float) -> float | None:
    """A number as JSON has it: nothing where it is not finite."""
    return float(value) if math.isfinite(value) else None


def numbers(values: Iterable[float]) -> list[float | None]:
    return [number(value) for value in values]


def panel(drawn: Panel) -> Json:
    """A panel: data and layout for Plotly; what must be chosen for it, and for each trace of
    it, to be shown."""
    traces: list[tuple[str, Json]] = []
    shapes: list[Json] = []
    if drawn.heat:
        traces += [("", trace) for trace in _heat(drawn.heat)]
    for series in drawn.series:
        traces += [(series.algorithm, t) for t in _series(series, drawn)]
    if drawn.reference is not None:
        line = {"color": GREY, "width": 1}
        across = {"xref": "paper", "x0": 0, "x1": 1, "y0": drawn.reference, "y1": drawn.reference}
        shapes.append({"type": "line", "layer": "below", "line": line, **across})
    layout = {
        "xaxis": _axis(drawn.x, drawn.heat is not None),
        "yaxis": _axis(drawn.y, drawn.heat is not None),
        "margin": {"l": 62, "r": 18, "t": 6, "b": 58},
        "font": {"family": FONT, "size": 11.5, "color": INK},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "showlegend": False,
        "hovermode": "closest",
        "hoverlabel": {
            "align": "left",
            "bgcolor": "#ffffff",
            "font": {"color": INK, "family": FONT},
        },
        "shapes": shapes,
    }
    return {
        "rate": None if drawn.noise_rate is None else f"{drawn.noise_rate:g}",
        "algorithm": drawn.algorithm,
        "owners": [owner for owner, _ in traces],
        "data": [trace for _, trace in traces],
        "layout": layout,
    }


def _axis(axis: Axis, cells: bool) -> Json:
    ends = [math.log10(end) for end in (axis.low, axis.high)] if axis.log else [axis.low, axis.high]
    return {
        "title": {"text": text(axis.title), "standoff": 8},
        "type": "log" if axis.log else "linear",
        "range": ends,
        "tickmode": "array",
        "tickvals": [tick for tick, _ in axis.ticks],
        "ticktext": [text(words) for _, words in axis.ticks],
        "tickangle": 0,
        "ticklabeloverflow": "allow",
        "ticks": "outside",
        "ticklen": 3,
        "showgrid": not cells,
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": GREY,
        "showline": True,
    }


def _colour(style: Style) -> str:
    return charts.COLOURS[style.colour % len(charts.COLOURS)]


def _hover(series: Series, title: str) -> list[str]:
    """What is said of each point."""
    what, _, unit = title.partition(" (")
    unit = "" if unit in ("", "nats)", "L2)") else f" {unit.rstrip(')')}"
    found = []
    for i, y in enumerate(series.y):
        ends = (series.low[i], series.high[i])
        interval = f" [{ends[0]:.3g}, {ends[1]:.3g}]" if all(map(math.isfinite, ends)) else ""
        note = series.notes[i] if i < len(series.notes) else ""
        lines = f"{what} {y:.3g}{unit}{interval}\n{note}"
        found.append(f"<b>{text(series.name)}</b><br>{text(lines)}")
    return found


def _series(series: Series, drawn: Panel) -> list[Json]:
    """The points of a series, with a band or with bars."""
    style, colour = series.style, _colour(series.style)
    points: Json = {
        "type": "scatter",
        "mode": "lines+markers" if style.line else "markers",
        "x": numbers(series.x),
        "y": numbers(series.y),
        "name": text(series.name),
        "hoverinfo": "text",
        "hovertext": _hover(series, drawn.y.title),
        "line": {"color": colour, "width": 1.6, "dash": charts.DASHES[style.dash % 4]},
        "marker": {
            "symbol": MARKERS[style.marker % len(MARKERS)],
            "size": 6 if style.line else 9,
            "color": "#ffffff" if style.hollow else colour,
            "line": {"color": colour, "width": 1.6 if style.hollow else 0},
        },
    }
    if style.band:
        return [*_band(series, drawn.y, colour), points]
    points["error_y"] = _bars(series.y, series.low, series.high, colour)
    if series.x_low:
        points["error_x"] = _bars(series.x, series.x_low, series.x_high, colour)
    return [points]


def _band(series: Series, axis: Axis, colour: str) -> list[Json]:
    """The intervals of a line as an area. Plotly would leave out what a logarithmic axis lacks:
    it goes on below the frame instead."""
    floor = axis.low / 2 if axis.log else -math.inf
    known = [
        point
        for point in zip(series.x, series.low, series.high, strict=True)
        if all(map(math.isfinite, point))
    ]
    if len(known) < 2:
        return []
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [p[0] for p in known] + [p[0] for p in reversed(known)],
            "y": [max(p[1], floor) for p in known] + [max(p[2], floor) for p in reversed(known)],
            "fill": "toself",
            "fillcolor": colour,
            "opacity": 0.16,
            "line": {"width": 0, "color": colour},
            "hoverinfo": "skip",
        }
    ]


def _bars(values: charts.Numbers, low: charts.Numbers, high: charts.Numbers, colour: str) -> Json:
    up, down = (
        [number(abs(e - v)) for v, e in zip(values, ends, strict=True)] for ends in (high, low)
    )
    return {
        "type": "data",
        "symmetric": False,
        "array": up,
        "arrayminus": down,
        "color": colour,
        "thickness": 1.2,
        "width": 0,
    }


def _heat(heat: Heat) -> list[Json]:
    last = len(heat.colours) - 1
    cells = {
        "type": "heatmap",
        "z": [numbers(line) for line in heat.values],
        "zmin": heat.low,
        "zmax": heat.high,
        "colorscale": [[i / last, colour] for i, colour in enumerate(heat.colours)],
        "showscale": False,
        "hoverinfo": "text",
        "hovertext": [[text(note) for note in line] for line in heat.notes],
    }
    return [cells, *_level(heat), *_rings(heat)]


def _level(heat: Heat) -> list[Json]:
    """The line where the values cross the level."""
    if not heat.crossing:
        return []
    line = {
        "type": "contour",
        "z": [numbers(values) for values in heat.crossing],
        "contours": {"start": heat.level, "end": heat.level, "size": 1, "coloring": "none"},
        "showscale": False,
        "hoverinfo": "skip",
        "line": {"color": "#000000", "width": 1.5},
    }
    return [line]


def _rings(heat: Heat) -> list[Json]:
    """The rings around marked cells, white on black."""
    places = {"x": [m[0] for m in heat.marked], "y": [m[1] for m in heat.marked]}
    rings = []
    for colour, width in (("#000000", 5), ("#ffffff", 2)):
        line = {"width": width, "color": colour}
        marker = {"symbol": "circle-open", "size": 14, "color": colour, "line": line}
        same = {"type": "scatter", "mode": "markers", "hoverinfo": "skip"}
        rings.append({**same, **places, "marker": marker})
    return rings if heat.marked else []


def content(drawn: Iterable[Chart]) -> Json:
    """All panels of all charts, by the name of the chart and a number."""
    return {
        f"{chart.name}-{i}": panel(one) for chart in drawn for i, one in enumerate(chart.panels)
    }
