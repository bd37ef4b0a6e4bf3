"""Charts on paper: figures of matplotlib."""

import warnings
from pathlib import Path
from typing import TypedDict

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis as DrawnAxis
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator
from matplotlib.typing import LineStyleType

from pruning_jax.analysis.curves import over_seeds
from pruning_jax.files import replace
from pruning_jax.reporting import room
from pruning_jax.reporting.chart import (
    COLOURS,
    Axis,
    Chart,
    ColourScale,
    Frame,
    Heat,
    Numbers,
    Series,
    Style,
)
from pruning_jax.reporting.charts.accuracy import accuracy as accuracy_chart
from pruning_jax.reporting.facts import facts_of

MARKERS = "osD^vPX*"
DASHES: tuple[LineStyleType, ...] = ("-", "--", "-.", ":")
GREY = "#444444"
PALE = "#ececec"
WIDTH, HEIGHT, EDGE = 3.2, 2.5, 0.85  # inches: of a frame, and what its labels take beside it


def accuracy(rows: pd.DataFrame) -> Figure:
    """Test accuracy over density: one frame per noise rate, one line per algorithm.

    Args:
      rows: one for each cell and round, without those of controls.
    """
    curves = over_seeds(rows).assign(measure="test_accuracy")
    return draw(accuracy_chart({"curves": curves}, facts_of(rows)))


def draw(chart: Chart, width: float = WIDTH, height: float = HEIGHT) -> Figure:
    """A chart as a figure: a table of frames with the legend below it.

    Args:
      width: of each frame, in inches.
      height: of each frame, in inches.
    """
    rows, columns = chart.rows, chart.columns
    legend = [_sample(series) for series in chart.legend.values()]
    across = width * len(columns) + EDGE
    beside = room.beside([series.name for series in chart.legend.values()], across)
    below = 0.1 + 0.19 * -(-len(legend) // beside) if legend else 0.75 if chart.scale else 0.0
    size = (across, (height + EDGE) * len(rows) + below)
    figure = Figure(figsize=size)
    grid = figure.subplots(len(rows), len(columns), squeeze=False)
    above = 0.17 * (1 + max(column.count("\n") for column in columns)) + 0.18
    figure.subplots_adjust(
        left=0.8 / size[0],
        right=1 - 0.22 / size[0],  # half of a tick's label may stand beyond the last frame
        top=1 - (above + (0.2 if any(rows) else 0.0)) / size[1],
        bottom=(below + 0.65) / size[1],
        wspace=0.18,
        hspace=(EDGE + 0.35) / (height - 0.35),
    )
    for axes in grid.flat:
        axes.set_visible(False)
    firsts: dict[str, Frame] = {}
    for frame in chart.frames:
        axes = grid[rows.index(frame.row), columns.index(frame.column)]
        axes.set_visible(True)
        _frame(axes, frame, firsts.setdefault(frame.row, frame), across)
    if legend:
        figure.legend(handles=legend, loc="lower center", ncols=beside, frameon=False, fontsize=8)
    elif chart.scale:
        _scale(figure, chart.scale, size)
    return figure


def plain(words: str) -> str:
    """Words that matplotlib draws as they are.

    A dollar sign would begin a formula; a label that begins with an underscore would be hidden.
    """
    text = words.replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text


def _frame(axes: Axes, frame: Frame, first: Frame, across: float) -> None:
    """Draws a frame; what the first one in its row says is not said again."""
    axes.set_title(plain(frame.column), fontsize=8.5, loc="left")
    if frame is first and frame.row:
        axes.annotate(
            plain(frame.row),
            (0, 1),
            (0, 18 + 11 * frame.column.count("\n")),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=room.points(frame.row, across - EDGE, 9.0),
            fontweight="bold",
        )
    axes.set_xscale("log" if frame.x.log else "linear")
    axes.set_yscale("log" if frame.y.log else "linear")
    axes.set_xlim(frame.x.low, frame.x.high)
    axes.set_ylim(frame.y.low, frame.y.high)
    _label(axes.xaxis, frame.x)
    _label(axes.yaxis, frame.y)
    if frame is not first:
        axes.set_ylabel("")
        axes.tick_params(labelleft=frame.y != first.y)
    if frame.reference is not None:
        axes.axhline(frame.reference, color=GREY, linewidth=0.8)
        if frame.negligible:
            ends = frame.reference - frame.negligible, frame.reference + frame.negligible
            axes.axhspan(*ends, color=PALE, linewidth=0)
    if frame.heat:
        _heat(axes, frame.heat)
        return
    axes.grid(color="#dddddd", linewidth=0.5)
    for series in frame.series:
        _series(axes, series)


def _label(drawn: DrawnAxis, axis: Axis) -> None:
    drawn.set_label_text(plain(axis.title), fontsize=8.5)
    drawn.set_major_locator(FixedLocator([tick for tick, _ in axis.ticks]))
    drawn.set_major_formatter(FixedFormatter([plain(words) for _, words in axis.ticks]))
    drawn.set_minor_locator(NullLocator())
    drawn.set_tick_params(labelsize=7.5)


class PlotStyle(TypedDict):
    """A style in matplotlib's words."""

    color: str
    marker: str
    markersize: float
    markerfacecolor: str
    linestyle: LineStyleType
    linewidth: float


def _looks(style: Style) -> PlotStyle:
    colour = COLOURS[style.colour % len(COLOURS)]
    return {
        "color": colour,
        "marker": MARKERS[style.marker % len(MARKERS)],
        "markersize": 4 if style.line else 6,
        "markerfacecolor": "white" if style.hollow else colour,
        "linestyle": DASHES[style.dash % len(DASHES)] if style.line else "none",
        "linewidth": 1.3,
    }


def _sample(series: Series) -> Line2D:
    """The sample of a series in the legend."""
    return Line2D([], [], label=plain(series.name), **_looks(series.style))


def _series(axes: Axes, series: Series) -> None:
    looks = _looks(series.style)
    colour = looks["color"]
    if series.style.band:
        axes.fill_between(series.x, series.low, series.high, color=colour, alpha=0.15, linewidth=0)
    else:
        _bars(axes, series, colour)
    axes.plot(series.x, series.y, **looks)


def _bars(axes: Axes, series: Series, colour: str) -> None:
    """The intervals of points; those along the axis of densities may be missing."""
    bars: list[tuple[Numbers, Numbers]] = []
    for x, low, high in zip(series.x, series.low, series.high, strict=True):
        bars.append(((x, x), (low, high)))
    for y, low, high in zip(series.y, series.x_low, series.x_high, strict=False):
        bars.append(((low, high), (y, y)))
    for x, y in bars:
        axes.plot(x, y, color=colour, linewidth=1)


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
    if heat.crossing and heat.level is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values that all lie on one side: no line then
            axes.contour(heat.crossing, levels=[heat.level], colors="black", linewidths=1)
    for column, row in heat.marked:
        for colour, width in (("black", 3.2), ("white", 1.4)):  # seen on dark and on light cells
            axes.plot(
                column,
                row,
                marker="o",
                markersize=9,
                markerfacecolor="none",
                color=colour,
                markeredgewidth=width,
            )


def _scale(figure: Figure, scale: ColourScale, size: tuple[float, float]) -> None:
    """Draws the scale of colours below all frames."""
    width, height = size
    across = min(3.0, width - 1.3)  # what its ticks say stands half beyond its ends
    place = (0.5 - across / 2 / width, 0.28 / height, across / width, 0.12 / height)
    axes = figure.add_axes(place)
    colours = LinearSegmentedColormap.from_list("", scale.colours)
    axes.imshow([[i / 255 for i in range(256)]], cmap=colours, aspect="auto", extent=(0, 1, 0, 1))
    axes.set_yticks([])
    axes.set_xticks([at for at, _ in scale.ticks], [plain(words) for _, words in scale.ticks])
    axes.tick_params(labelsize=7.5)
    axes.set_title(plain(scale.title), fontsize=room.points(scale.title, width, 8.0))


def save(figure: Figure, path: Path) -> None:
    """Writes a figure whole or not at all, in the format of the file's suffix.

    A PNG has 150 dots per inch.

    Raises:
      OSError: the file cannot be written.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # of a name in another alphabet
        replace(path, lambda file: figure.savefig(file, dpi=150, format=path.suffix[1:]))


def write(chart: Chart, paths: list[Path]) -> None:
    """Draws a chart and writes it to these files, in the format of each one's suffix."""
    figure = draw(chart)
    for path in paths:
        save(figure, path)
