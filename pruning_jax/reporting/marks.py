"""What is drawn inside a frame on the page: points, lines, bands, bars, coloured cells."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.core.property.vectorization import field, value
from bokeh.models import (
    BooleanFilter,
    CDSView,
    ColumnDataSource,
    GlyphRenderer,
    Line,
    LinearColorMapper,
    MultiLine,
    Patch,
    Rect,
    Scatter,
    Segment,
)
from bokeh.models.glyph import Glyph
from contourpy import contour_generator
from matplotlib.colors import LinearSegmentedColormap, to_hex

from pruning_jax.reporting.chart import COLOURS, Axis, Frame, Heat, Series

WHITE = "#ffffff"
OVER = "#111111", "#fefefe"
"""Dark and light, of what is drawn over coloured cells: the same on light and on dark pages."""

MARKERS = ("circle", "square", "diamond", "triangle", "inverted_triangle", "plus", "x", "star")
DASHES = ("solid", "dashed", "dashdot", "dotted")
"""Those of `chart`, in Bokeh's words."""

WIDER = {"diamond": 1.4, "star": 1.3}
"""Marks that Bokeh draws smaller than others of the same size."""

TARGET = "target"
NEAR = 14
"""How wide the invisible marks are that the mouse or a finger has to meet, in pixels."""

SHADES = 128  # of a scale of colours

ENDS = ("x0", "y0", "x1", "y1")

Columns = dict[str, Any]


def drawn(shown: Frame) -> list[GlyphRenderer]:
    """All that a frame holds; what the mouse can meet has the name TARGET.

    Areas come first, so that they hide nothing. The points of all series are one target, so that
    the mouse meets one of them and not several.
    """
    cells = _heat(shown.heat) if shown.heat else []
    areas = [one for series in shown.series for one in _interval(series, shown.y)]
    marks = [one for series in shown.series for one in _marks(series)]
    return [*cells, *areas, *marks, *(_target(shown.series) if shown.series else [])]


def _renderers(columns: Columns, *glyphs: Glyph, owner: str = "") -> list[GlyphRenderer]:
    """The glyphs that draw the same columns."""
    source, view, tags = ColumnDataSource(columns), CDSView(), [owner] if owner else []
    return [GlyphRenderer(data_source=source, view=view, glyph=g, tags=tags) for g in glyphs]


def _interval(series: Series, y: Axis) -> list[GlyphRenderer]:
    """The intervals of a series: a band, or bars."""
    colour = COLOURS[series.style.colour % len(COLOURS)]
    return _band(series, y, colour) if series.style.band else _bars(series, colour)


def _marks(series: Series) -> list[GlyphRenderer]:
    """The points of a series, with the line between them."""
    style = series.style
    colour = COLOURS[style.colour % len(COLOURS)]
    marker = MARKERS[style.marker % len(MARKERS)]
    dash = DASHES[style.dash % len(DASHES)]
    line = Line(x="x", y="y", line_color=colour, line_width=1.6, line_dash=dash)
    mark = Scatter(
        x="x",
        y="y",
        marker=value(marker),
        size=(6 if style.line else 9) * WIDER.get(marker, 1),
        fill_color=WHITE if style.hollow else colour,
        line_color=colour,
        line_width=1.6 if style.hollow or marker == "x" else 0.5,
    )
    columns = {"x": [*series.x], "y": [*series.y]}
    return _renderers(columns, *([line, mark] if style.line else [mark]), owner=series.algorithm)


def _target(every: Sequence[Series]) -> list[GlyphRenderer]:
    """The points of all series, invisible and wide; the tags are their owners, point by point."""
    points = [
        (x, y, series.name, note, series.algorithm)
        for series in every
        for x, y, note in zip(series.x, series.y, series.notes or [""] * len(series.x), strict=True)
    ]
    names = ("x", "y", "name", "note")
    columns: Columns = {name: [point[i] for point in points] for i, name in enumerate(names)}
    near = Scatter(x="x", y="y", size=NEAR, fill_alpha=0, line_alpha=0)
    shown = CDSView(filter=BooleanFilter(booleans=[True] * len(points)))
    source, owners = ColumnDataSource(columns), [owner for *_, owner in points]
    return [GlyphRenderer(data_source=source, glyph=near, view=shown, tags=owners, name=TARGET)]


def _band(series: Series, y: Axis, colour: str) -> list[GlyphRenderer]:
    """The intervals of a line as one area, without the points whose interval is not known.

    A logarithmic axis has no place for an end at or below 0: the area goes on below the frame
    instead.
    """
    floor = y.low / 2 if y.log else -math.inf
    known = [
        point
        for point in zip(series.x, series.low, series.high, strict=True)
        if all(map(math.isfinite, point))
    ]
    if len(known) < 2:
        return []
    around = [(x, max(low, floor)) for x, low, _ in known]
    around += [(x, max(high, floor)) for x, _, high in reversed(known)]
    area = Patch(x="x", y="y", fill_color=colour, fill_alpha=0.16, line_color=None)
    columns = {"x": [x for x, _ in around], "y": [end for _, end in around]}
    return _renderers(columns, area, owner=series.algorithm)


def _bars(series: Series, colour: str) -> list[GlyphRenderer]:
    """The intervals of points as lines; those along the axis of densities may be missing."""
    upright = zip(series.x, series.low, series.high, strict=True)
    across = zip(series.y, series.x_low, series.x_high, strict=False)
    bars = [(x, low, x, high) for x, low, high in upright]
    bars += [(low, y, high, y) for y, low, high in across]
    known = [bar for bar in bars if all(map(math.isfinite, bar))]
    columns = {name: [bar[i] for bar in known] for i, name in enumerate(ENDS)}
    glyph = Segment(x0="x0", y0="y0", x1="x1", y1="y1", line_color=colour, line_width=1.2)
    return _renderers(columns, glyph, owner=series.algorithm) if known else []


def _heat(heat: Heat) -> list[GlyphRenderer]:
    """Coloured cells, with the line at their level and the rings around some of them."""
    known = [
        (x, y, number)
        for y, line in enumerate(heat.values)
        for x, number in enumerate(line)
        if math.isfinite(number)
    ]
    columns: Columns = {name: [cell[i] for cell in known] for i, name in enumerate("xyz")}
    columns["note"] = [heat.notes[y][x] for x, y, _ in known]
    columns["name"] = [""] * len(known)
    colours = LinearSegmentedColormap.from_list("", heat.colours)
    palette = [to_hex(colours(i / (SHADES - 1))) for i in range(SHADES)]
    filled = field("z", LinearColorMapper(palette=palette, low=heat.low, high=heat.high))
    # The edge has the colour of its cell: else the ground would shine through between cells.
    cell = Rect(x="x", y="y", width=1, height=1, fill_color=filled, line_color=filled)
    cells = _renderers(columns, cell)
    cells[0].name = TARGET
    return [*cells, *_level(heat), *_rings(heat)]


def _level(heat: Heat) -> list[GlyphRenderer]:
    """The line where the values cross the level."""
    if not heat.crossing or heat.level is None:
        return []
    values = np.ma.masked_invalid(np.asarray(heat.crossing, float))
    lines = contour_generator(z=values).lines(heat.level)
    ends = [np.asarray(line).T.tolist() for line in lines]
    columns: Columns = {"xs": [x for x, _ in ends], "ys": [y for _, y in ends]}
    glyph = MultiLine(xs="xs", ys="ys", line_color=OVER[0], line_width=1.5)
    return _renderers(columns, glyph) if lines else []


def _rings(heat: Heat) -> list[GlyphRenderer]:
    """The rings around marked cells: light on dark, which is seen on dark and on light cells."""
    columns = {name: [cell[i] for cell in heat.marked] for i, name in enumerate("xy")}
    rings = [
        Scatter(x="x", y="y", size=14, fill_color=None, line_color=colour, line_width=width)
        for colour, width in zip(OVER, (5, 2), strict=True)
    ]
    return _renderers(columns, *rings) if heat.marked else []
