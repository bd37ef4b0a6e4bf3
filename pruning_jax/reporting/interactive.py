"""Charts on the page: frames as Plotly draws them, in plain JSON.

Plotly takes some HTML in its labels; whatever comes from a configuration is escaped here.
"""

import html
import math
from collections.abc import Iterable, Mapping

from pruning_jax.reporting.chart import (
    COLOURS,
    DASHES,
    MARKERS,
    Axis,
    Chart,
    Frame,
    Heat,
    Numbers,
    Series,
)

Json = dict[str, object]

INK, GRID, GREY, WHITE, BLACK = "#1a1a1a", "#e4e4e4", "#666666", "#ffffff", "#000000"
PALE = "#ececec"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def content(charts: Mapping[str, Chart]) -> dict[str, Json]:
    """All frames of all charts, by the name of the chart and a number."""
    return {
        f"{name}-{i}": frame(one)
        for name, chart in charts.items()
        for i, one in enumerate(chart.frames)
    }


def frame(shown: Frame) -> Json:
    """A frame: data and layout for Plotly, and when to show it.

    It is shown while its `rate` and its `algorithm` are chosen, and each of its traces while the
    algorithm at its place in `owners` is chosen.
    """
    traces: list[tuple[str, Json]] = []
    if shown.heat:
        traces += [("", trace) for trace in _heat(shown.heat)]
    for series in shown.series:
        traces += [(series.algorithm, trace) for trace in _series(series, shown.y)]
    return {
        "rate": None if shown.noise_rate is None else f"{shown.noise_rate:g}",
        "algorithm": shown.algorithm,
        "owners": [owner for owner, _ in traces],
        "data": [trace for _, trace in traces],
        "layout": _layout(shown),
    }


def text(words: str) -> str:
    """Words as Plotly shows them literally, in as many lines."""
    return html.escape(words, quote=False).replace("\n", "<br>")


def number(value: float) -> float | None:
    """A number as JSON has it: None where it is not finite."""
    return float(value) if math.isfinite(value) else None


def numbers(values: Iterable[float]) -> list[float | None]:
    """Numbers as JSON has them."""
    return [number(value) for value in values]


def _layout(shown: Frame) -> Json:
    return {
        "xaxis": _axis(shown.x, shown.heat is not None),
        "yaxis": _axis(shown.y, shown.heat is not None),
        "margin": {"l": 62, "r": 18, "t": 6, "b": 58},
        "font": {"family": FONT, "size": 11.5, "color": INK},
        "paper_bgcolor": WHITE,
        "plot_bgcolor": WHITE,
        "showlegend": False,
        "hovermode": "closest",
        "hoverlabel": {"align": "left", "bgcolor": WHITE, "font": {"color": INK, "family": FONT}},
        "shapes": _across(shown),
    }


def _across(shown: Frame) -> list[Json]:
    """The line across a frame at its reference, and the band in which nothing matters."""
    if shown.reference is None:
        return []
    whole = {"xref": "paper", "x0": 0, "x1": 1, "layer": "below"}
    low, high = shown.reference - shown.negligible, shown.reference + shown.negligible
    none = {"width": 0}
    band = {"type": "rect", "y0": low, "y1": high, "fillcolor": PALE, "line": none, **whole}
    line = {"color": GREY, "width": 1}
    reference = {"type": "line", "y0": shown.reference, "y1": shown.reference, "line": line}
    return [*([band] if shown.negligible else []), {**reference, **whole}]


def _axis(axis: Axis, cells: bool) -> Json:
    ends = [axis.low, axis.high]
    return {
        "title": {"text": text(axis.title), "standoff": 8},
        "type": "log" if axis.log else "linear",
        "range": [math.log10(end) for end in ends] if axis.log else ends,
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


def _series(series: Series, y: Axis) -> list[Json]:
    """The points of a series, with a band or with bars."""
    style = series.style
    colour = COLOURS[style.colour % len(COLOURS)]
    notes = series.notes or ("",) * len(series.x)
    points: Json = {
        "type": "scatter",
        "mode": "lines+markers" if style.line else "markers",
        "x": numbers(series.x),
        "y": numbers(series.y),
        "name": text(series.name),
        "hoverinfo": "text",
        "hovertext": [f"<b>{text(series.name)}</b><br>{text(note)}" for note in notes],
        "line": {"color": colour, "width": 1.6, "dash": DASHES[style.dash % len(DASHES)]},
        "marker": {
            "symbol": MARKERS[style.marker % len(MARKERS)],
            "size": 6 if style.line else 9,
            "color": WHITE if style.hollow else colour,
            "line": {"color": colour, "width": 1.6 if style.hollow else 0},
        },
    }
    if style.band:
        return [*_band(series, y, colour), points]
    points["error_y"] = _bars(series.y, series.low, series.high, colour)
    if series.x_low:
        points["error_x"] = _bars(series.x, series.x_low, series.x_high, colour)
    return [points]


def _band(series: Series, y: Axis, colour: str) -> list[Json]:
    """The intervals of a line as one area, without the points whose interval is not known.

    A logarithmic axis has no place for an end at or below 0, and Plotly would leave the point
    out: the area goes on below the frame instead.
    """
    floor = y.low / 2 if y.log else -math.inf
    known = [
        point
        for point in zip(series.x, series.low, series.high, strict=True)
        if all(map(math.isfinite, point))
    ]
    if len(known) < 2:
        return []
    back = known[::-1]
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [x for x, _, _ in known] + [x for x, _, _ in back],
            "y": [max(low, floor) for _, low, _ in known] + [max(high, floor) for *_, high in back],
            "fill": "toself",
            "fillcolor": colour,
            "opacity": 0.16,
            "line": {"width": 0, "color": colour},
            "hoverinfo": "skip",
        }
    ]


def _bars(values: Numbers, low: Numbers, high: Numbers, colour: str) -> Json:
    up, down = (
        [number(abs(end - value)) for value, end in zip(values, ends, strict=True)]
        for ends in (high, low)
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
    cells: Json = {
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
    line: Json = {
        "type": "contour",
        "z": [numbers(values) for values in heat.crossing],
        "contours": {"start": heat.level, "end": heat.level, "size": 1, "coloring": "none"},
        "showscale": False,
        "hoverinfo": "skip",
        "line": {"color": BLACK, "width": 1.5},
    }
    return [line]


def _rings(heat: Heat) -> list[Json]:
    """The rings around marked cells: white on black, which is seen on dark and on light cells."""
    if not heat.marked:
        return []
    columns, rows = zip(*heat.marked, strict=True)
    place: Json = {"type": "scatter", "mode": "markers", "hoverinfo": "skip"}
    place |= {"x": list(columns), "y": list(rows)}
    rings: list[Json] = []
    for colour, width in ((BLACK, 5), (WHITE, 2)):
        line = {"width": width, "color": colour}
        marker = {"symbol": "circle-open", "size": 14, "color": colour, "line": line}
        rings.append({**place, "marker": marker})
    return rings
