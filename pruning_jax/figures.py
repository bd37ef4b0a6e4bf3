"""Charts on paper: matplotlib figures."""

import warnings
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from pruning_jax import charts
from pruning_jax.analysis import summary
from pruning_jax.charts import Axis, Chart, Heat, Key, Panel, Series, Style, curves
from pruning_jax.charts import facts as shared
from pruning_jax.results import replace

MARKERS = "osD^vPX*"
DASHES = ("-", "--", "-.", ":")
GREY = "#444444"
WIDTH, HEIGHT, EDGE = 3.2, 2.5, 0.75  # inches: of a panel, and what its axes take beside it


def accuracy(rows: Any) -> Figure:
    """Test accuracy against density: one panel per noise rate, one line per algorithm with
    its 95 % interval over seeds."""
    chart = curves.accuracy(summary.over_seeds(rows), shared.facts(rows))
    return draw(chart)


def draw(chart: Chart) -> Figure:
    """A chart as a figure: rows and columns of panels, the legend below."""
    rows, columns = chart.rows, chart.columns
    legend = [_handle(series) for series in chart.legend.values()]
    below = 0.25 + 0.2 * ((len(legend) + 2) // 3) if legend else 0.75 if chart.key else 0.0
    width, height = WIDTH * len(columns) + EDGE, (HEIGHT + EDGE) * len(rows) + below
    figure = Figure(figsize=(width, height))
    grid = figure.subplots(len(rows), len(columns), squeeze=False)
    top = 1 - (0.55 if any(rows) else 0.35) / height
    figure.subplots_adjust(
        left=0.8 / width,
        right=1 - 0.12 / width,
        top=top,
        bottom=(below + 0.65) / height,
        wspace=0.18,
        hspace=(EDGE + 0.35) / (HEIGHT - 0.35),
    )
    for axes in grid.flat:
        axes.set_visible(False)
    first: dict[str, Panel] = {}
    for panel in chart.panels:
        axes = grid[rows.index(panel.row), columns.index(panel.column)]
        axes.set_visible(True)
        _panel(axes, panel, first.setdefault(panel.row, panel))
    if legend:
        figure.legend(handles=legend, loc="lower center", ncols=3, frameon=False, fontsize=8)
    elif chart.key:
        _key(figure, chart.key, width, height)
    return figure


def plain(words: str) -> str:
    """Words in which matplotlib finds neither formulas nor a sign to leave them out."""
    text = words.replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text


def _panel(axes: Axes, panel: Panel, first: Panel) -> None:
    """Draws a panel; what the first one in its row says is not said again."""
    axes.set_title(plain(panel.column), fontsize=8.5, loc="left")
    if panel is first and panel.row:
        above = 18 + 11 * panel.column.count("\n")  # points
        axes.annotate(
            plain(panel.row),
            (0, 1),
            (0, above),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=9,
            fontweight="bold",
        )
    _axis(axes, panel.x, "x")
    _axis(axes, panel.y, "y")
    if panel is not first:
        axes.set_ylabel("")
        axes.tick_params(labelleft=panel.y != first.y)
    if panel.reference is not None:
        axes.axhline(panel.reference, color=GREY, linewidth=0.8)
    if panel.heat:
        _heat(axes, panel.heat)
        return
    axes.grid(color="#dddddd", linewidth=0.5)
    for series in panel.series:
        _series(axes, series)


def _axis(axes: Axes, axis: Axis, which: str) -> None:
    getattr(axes, f"set_{which}scale")("log" if axis.log else "linear")
    getattr(axes, f"set_{which}lim")(axis.low, axis.high)
    getattr(axes, f"set_{which}label")(plain(axis.title), fontsize=8.5)
    one: Any = getattr(axes, f"{which}axis")
    one.set_major_locator(FixedLocator([tick for tick, _ in axis.ticks]))
    one.set_major_formatter(FixedFormatter([plain(words) for _, words in axis.ticks]))
    one.set_minor_locator(NullLocator())
    one.set_tick_params(labelsize=7.5)


def _looks(style: Style) -> dict[str, Any]:
    colour = charts.COLOURS[style.colour % len(charts.COLOURS)]
    dash = DASHES[style.dash % len(DASHES)]
    return {
        "color": colour,
        "marker": MARKERS[style.marker % len(MARKERS)],
        "markersize": 4 if style.line else 6,
        "markerfacecolor": "white" if style.hollow else colour,
        "linestyle": dash if style.line else "none",
        "linewidth": 1.3,
    }


def _handle(series: Series) -> Line2D:
    """The sample of a series in the legend."""
    return Line2D([], [], label=plain(series.name), **_looks(series.style))


def _series(axes: Axes, series: Series) -> None:
    looks = _looks(series.style)
    if series.style.band:
        axes.fill_between(
            series.x, series.low, series.high, color=looks["color"], alpha=0.15, linewidth=0
        )
    else:
        bar = {"color": looks["color"], "linewidth": 1}
        for x, low, high in zip(series.x, series.low, series.high, strict=True):
            axes.plot([x, x], [low, high], **bar)
        for y, low, high in zip(series.y, series.x_low, series.x_high, strict=False):
            axes.plot([low, high], [y, y], **bar)
    axes.plot(series.x, series.y, **looks)


def _heat(axes: Axes, heat: Heat) -> None:
    colours = LinearSegmentedColormap.from_list("", heat.colours).with_extremes(bad="white")
    axes.imshow(
        heat.values,
        cmap=colours,
        vmin=heat.low,
        vmax=heat.high,
        aspect="auto",
        origin="lower",
        interpolation="nearest",
    )
    if heat.crossing:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # no value lies there
            axes.contour(heat.crossing, levels=[heat.level], colors="black", linewidths=1)
    ring = {"marker": "o", "markersize": 9, "markerfacecolor": "none"}
    for column, row in heat.marked:
        for colour, width in (("black", 3.2), ("white", 1.4)):
            axes.plot(column, row, **ring, color=colour, markeredgewidth=width)


def _key(figure: Figure, key: Key, width: float, height: float) -> None:
    """The scale of colours, below all panels."""
    axes = figure.add_axes((0.5 - 1.5 / width, 0.28 / height, 3 / width, 0.12 / height))
    colours = LinearSegmentedColormap.from_list("", key.colours)
    axes.imshow([[i / 255 for i in range(256)]], cmap=colours, aspect="auto", extent=(0, 1, 0, 1))
    axes.set_yticks([])
    axes.set_xticks([t for t, _ in key.ticks], [plain(words) for _, words in key.ticks])
    axes.tick_params(labelsize=7.5)
    axes.set_title(plain(key.title), fontsize=8)


def save(figure: Figure, path: Path) -> None:
    """Writes a figure whole or not at all; as PNG with 150 dots per inch."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a name in letters of another font
        replace(path, lambda file: figure.savefig(file, dpi=150, format=path.suffix[1:]))


def write(chart: Chart, paths: list[Path]) -> None:
    """Draws a chart and writes it to these files, in the format of each one's suffix."""
    figure = draw(chart)
    for path in paths:
        save(figure, path)
