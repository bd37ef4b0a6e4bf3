"""Charts on the page: frames as models of Bokeh, in JSON.

Names that come from a configuration stand only where Bokeh takes them literally: in words that
begin no formula, in tags, and in the columns of data, which its tooltips escape.
"""

from collections.abc import Mapping

from bokeh.document import Document
from bokeh.models import (
    BoxAnnotation,
    BoxZoomTool,
    DataRenderer,
    FixedTicker,
    Grid,
    HoverTool,
    LinearAxis,
    LinearScale,
    LogScale,
    PlainText,
    Plot,
    Range1d,
    Span,
)

from pruning_jax.reporting import marks
from pruning_jax.reporting.chart import Axis, Chart, Frame
from pruning_jax.reporting.marks import WHITE

Json = dict[str, object]

INK, GRID, GREY, PALE = "#1a1a1a", "#e4e4e4", "#666666", "#ececec"

DARK = {
    INK: "#e6e6e6",
    GRID: "#30343a",
    GREY: "#9aa0a6",
    PALE: "#2b2f35",
    WHITE: "#15171a",
    "#000000": "#ffffff",
}
"""What a dark page has in place of these colours."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

TOOLTIP = (
    '<div style="white-space: pre-line; max-width: 18rem"><strong>@{name}</strong> @{note}</div>'
)


def content(charts: Mapping[str, Chart]) -> Json:
    """All frames of all charts, by the name of the chart and a number; and the colours of DARK."""
    frames = {
        f"{name}-{i}": embedded(plot(one))
        for name, chart in charts.items()
        for i, one in enumerate(chart.frames)
    }
    return {"frames": frames, "dark": DARK}


def embedded(model: Plot) -> Json:
    """A model as Bokeh's script embeds it (what `json_item` gives, in half of its time)."""
    document = Document()
    document.add_root(model)
    return {"root_id": model.id, "doc": document.to_json(deferred=False)}


def plot(shown: Frame) -> Plot:
    """A frame as a model of Bokeh.

    What belongs to an algorithm has its name as a tag, and is shown while this is chosen; the
    target of the mouse has such a tag for each of its points.
    """
    made = Plot(
        x_range=Range1d(start=shown.x.low, end=shown.x.high),
        y_range=Range1d(start=shown.y.low, end=shown.y.high),
        x_scale=LogScale() if shown.x.log else LinearScale(),
        y_scale=LogScale() if shown.y.log else LinearScale(),
        sizing_mode="stretch_both",
        toolbar_location=None,
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        min_border_left=58,  # so that the frames of a column stand below each other
        min_border_right=18,
    )
    x, y = _axis(shown.x), _axis(shown.y)
    made.add_layout(x, "below")
    made.add_layout(y, "left")
    if not shown.heat:
        made.add_layout(Grid(axis=x, dimension=0, grid_line_color=GRID))
        made.add_layout(Grid(axis=y, dimension=1, grid_line_color=GRID))
    _across(made, shown)
    renderers = marks.drawn(shown)
    made.renderers = [*made.renderers, *renderers]
    targets: list[DataRenderer] = [one for one in renderers if one.name == marks.TARGET]
    follow = "follow_mouse" if shown.heat else "snap_to_data"
    hover = HoverTool(renderers=targets, tooltips=TOOLTIP, point_policy=follow, limit=1)
    made.add_tools(BoxZoomTool(), hover)
    made.toolbar.active_drag = None  # the page's script lets a mouse zoom, and fingers scroll
    return made


def _words(text: str) -> str | PlainText:
    """Text that Bokeh shows as it is: signs that begin a formula are sent as no formula."""
    return PlainText(text=text) if {*"$\\"} & {*text} else text


def _axis(axis: Axis) -> LinearAxis:
    made = LinearAxis(
        axis_label=_words(axis.title) or None,
        major_label_overrides={tick: _words(words) for tick, words in axis.ticks},
        axis_label_text_font=FONT,
        axis_label_text_font_size="12px",
        axis_label_text_font_style="normal",
        axis_label_text_color=INK,
        axis_label_standoff=6,
        major_label_text_font=FONT,
        major_label_text_font_size="11px",
        major_label_text_color=INK,
        axis_line_color=GREY,
        major_tick_line_color=GREY,
        major_tick_in=0,
        major_tick_out=4,
    )
    made.update(ticker=FixedTicker(ticks=[tick for tick, _ in axis.ticks], minor_ticks=[]))
    return made


def _across(made: Plot, shown: Frame) -> None:
    """The line across a frame at its reference, and the band in which nothing matters."""
    if shown.reference is None:
        return
    if shown.negligible:
        low, high = shown.reference - shown.negligible, shown.reference + shown.negligible
        band = BoxAnnotation(bottom=low, top=high, fill_color=PALE, fill_alpha=1, line_color=None)
        band.level = "image"  # below the grid
        made.add_layout(band)
    made.add_layout(
        Span(location=shown.reference, dimension="width", line_color=GREY, level="underlay")
    )
