"""What a figure shows, as plain numbers and words, before anything draws it.

A `Chart` is drawn twice: by `figures` on paper and by `interactive` on the page. Names that
come from a configuration stand in it as they are; who draws escapes them.
"""

import math
from dataclasses import dataclass

Numbers = tuple[float, ...]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
"""Told apart by the colour-blind (Okabe & Ito 2008)."""

MARKERS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "x", "star")
DASHES = ("solid", "dash", "dashdot", "dot")

SEQUENTIAL = ("#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838")
"""Cividis (Nunez, Anderton, Renslow 2018), dark to light."""

DIVERGING = ("#0b2a5b", "#2d5f9a", "#6688b0", "#9a9a9a", "#d9a860", "#f3cf7d", "#fff6cf")
"""Blue over grey to yellow; it becomes lighter all the way, so that a print in grey keeps the
order."""


@dataclass(frozen=True)
class Axis:
    """An axis from `low` to `high`, in this order; each tick is a value and its words."""

    title: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    log: bool = False


@dataclass(frozen=True)
class Style:
    """How a series is drawn: numbers of a colour, a marker, a dash; each is taken modulo."""

    colour: int
    marker: int
    dash: int
    line: bool = True  # else markers alone
    band: bool = True  # else bars for intervals
    hollow: bool = False


@dataclass(frozen=True)
class Series:
    """Points with intervals; NaN where one is unknown. Shown if `algorithm` is chosen."""

    name: str
    style: Style
    x: Numbers
    y: Numbers
    low: Numbers
    high: Numbers
    notes: tuple[str, ...] = ()  # of each point, some lines
    algorithm: str = ""  # "": always shown
    x_low: Numbers = ()
    x_high: Numbers = ()


@dataclass(frozen=True)
class Heat:
    """Coloured cells at whole numbers from (0, 0), left to right and upwards."""

    values: tuple[Numbers, ...]
    notes: tuple[tuple[str, ...], ...]
    low: float  # what the first of `colours` stands for
    high: float
    colours: tuple[str, ...]
    level: float | None = None  # a line is drawn where the values cross it
    marked: tuple[tuple[int, int], ...] = ()  # (column, row)

    @property
    def crossing(self) -> tuple[Numbers, ...]:
        """The values without those that are exactly `level`, which lie on no side; nothing if
        no line can be drawn."""
        values = tuple(
            tuple(math.nan if v == self.level else v for v in line) for line in self.values
        )
        drawn = self.level is not None and min(len(values), len(values[0])) > 1
        return values if drawn else ()


@dataclass(frozen=True)
class Panel:
    """One frame of a chart, by the words of its row and column."""

    row: str
    column: str
    x: Axis
    y: Axis
    series: tuple[Series, ...] = ()
    heat: Heat | None = None
    reference: float | None = None  # a thin line across, at this height
    noise_rate: float | None = None
    algorithm: str = ""


@dataclass(frozen=True)
class Key:
    """What the colours of heat maps mean."""

    title: str
    colours: tuple[str, ...]
    ticks: tuple[tuple[float, str], ...]  # 0 is the first colour, 1 the last


@dataclass(frozen=True)
class Chart:
    """A figure. Without panels it says in `missing` why it has none."""

    name: str  # of its files
    title: str
    caption: str
    panels: tuple[Panel, ...] = ()
    tables: tuple[str, ...] = ()  # the names of those that hold its data
    key: Key | None = None
    missing: str = ""

    @property
    def rows(self) -> list[str]:
        return list(dict.fromkeys(panel.row for panel in self.panels))

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys(panel.column for panel in self.panels))

    @property
    def legend(self) -> dict[str, Series]:
        """The first series of each name."""
        every = [series for panel in self.panels for series in panel.series]
        return {series.name: series for series in every} | {s.name: s for s in reversed(every)}
