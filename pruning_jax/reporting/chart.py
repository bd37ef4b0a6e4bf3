"""What a figure shows, as plain numbers and words, before anything draws it.

A `Chart` is drawn twice: by `figures` on paper and by `interactive` on the page. Names that come
from a configuration stand in it as they are; what draws them escapes them.
"""

import math
from dataclasses import dataclass
from typing import Literal

Numbers = tuple[float, ...]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
"""The palette of Okabe and Ito (2008), which colour-blind readers can tell apart."""

MARKERS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "x", "star")
DASHES = ("solid", "dash", "dashdot", "dot")

SEQUENTIAL = ("#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838")
"""Cividis (Nunez, Anderton, Renslow 2018), from dark to light."""

DIVERGING = ("#0b2a5b", "#2d5f9a", "#6688b0", "#9a9a9a", "#d9a860", "#f3cf7d", "#fff6cf")
"""Blue over grey to yellow. It becomes lighter all the way, so that a print in grey keeps the
order of the values."""


@dataclass(frozen=True)
class Axis:
    """An axis that runs from `low` to `high`, in this order: density falls to the right.

    Each tick is a value and the words that stand there. The values of a "density" axis are
    fractions, and those of a "category" axis whole numbers.
    """

    title: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    log: bool = False
    kind: Literal["number", "density", "category"] = "number"


@dataclass(frozen=True)
class Style:
    """How a series is drawn.

    `colour`, `marker` and `dash` are places in COLOURS, MARKERS and DASHES; beyond the last one
    they begin again.
    """

    colour: int
    marker: int
    dash: int
    line: bool = True  # False: markers that no line connects
    band: bool = True  # True: intervals are an area; False: they are bars
    hollow: bool = False


@dataclass(frozen=True)
class Series:
    """Points with their intervals. A number that is not known is NaN.

    `notes` says some lines about each point when the mouse is over it. The page shows the series
    while `algorithm` is chosen, and always if `algorithm` is empty.
    """

    name: str
    style: Style
    x: Numbers
    y: Numbers
    low: Numbers
    high: Numbers
    notes: tuple[str, ...] = ()
    algorithm: str = ""
    x_low: Numbers = ()
    x_high: Numbers = ()


@dataclass(frozen=True)
class Heat:
    """Coloured cells at whole numbers: the first value is at (0, 0), the lower left."""

    values: tuple[Numbers, ...]
    notes: tuple[tuple[str, ...], ...]
    low: float  # the value that has the first of `colours`
    high: float  # the value that has the last one
    colours: tuple[str, ...]
    level: float | None = None  # a line is drawn where the values cross this one
    marked: tuple[tuple[int, int], ...] = ()  # (column, row) of the cells that have a ring

    @property
    def crossing(self) -> tuple[Numbers, ...]:
        """The values between which the line at `level` is drawn; empty if there can be no line.

        A value that is exactly `level` lies on neither side, so that it becomes NaN.
        """
        if self.level is None or min(len(self.values), len(self.values[0])) < 2:
            return ()
        return tuple(
            tuple(math.nan if value == self.level else value for value in line)
            for line in self.values
        )


@dataclass(frozen=True)
class Frame:
    """One pair of axes of a chart with what is drawn in it.

    A chart is a table of frames; the words `row` and `column` say where in it the frame stands.
    The page shows the frame while its noise rate and its algorithm are chosen.
    """

    row: str
    column: str
    x: Axis
    y: Axis
    series: tuple[Series, ...] = ()
    heat: Heat | None = None
    reference: float | None = None  # the height of a thin line across the frame
    negligible: float = 0.0  # how far from that line nothing matters: a band across the frame
    noise_rate: float | None = None
    algorithm: str = ""


@dataclass(frozen=True)
class ColourScale:
    """What the colours of heat maps mean. The first colour is at 0, the last one at 1."""

    title: str
    colours: tuple[str, ...]
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Chart:
    """A figure. If it has no frames, it is not drawn and `missing` says why."""

    title: str
    caption: str
    frames: tuple[Frame, ...]
    missing: str
    tables: tuple[str, ...] = ()  # the names of the tables that hold its data
    scale: ColourScale | None = None

    @property
    def rows(self) -> list[str]:
        """The rows of the table of frames, from above."""
        return list(dict.fromkeys(frame.row for frame in self.frames))

    @property
    def columns(self) -> list[str]:
        """The columns of the table of frames, from the left."""
        return list(dict.fromkeys(frame.column for frame in self.frames))

    @property
    def legend(self) -> dict[str, Series]:
        """One series for each name that stands in the legend: the first that has it.

        Those with hollow marks come last, in the order of the colours.
        """
        firsts: dict[str, Series] = {}
        for frame in self.frames:
            for series in frame.series:
                firsts.setdefault(series.name, series)
        looks = {name: series.style for name, series in firsts.items()}
        order = sorted(firsts, key=lambda name: looks[name].hollow * (1 + looks[name].colour))
        return {name: firsts[name] for name in order}
