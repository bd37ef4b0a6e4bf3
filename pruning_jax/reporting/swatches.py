"""The look of a series as a small drawing, for the legends of the page."""

from typing import NamedTuple

from pruning_jax.reporting.chart import COLOURS, DASHES, MARKERS, Style

SHAPES = {
    "circle": "M13 7a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z",
    "square": "M13.5 3.5h7v7h-7Z",
    "diamond": "M17 2.2L21.8 7L17 11.8L12.2 7Z",
    "triangle-up": "M17 2.5L21.5 10.5H12.5Z",
    "triangle-down": "M17 11.5L21.5 3.5H12.5Z",
    "cross": "M15.4 3h3.2v2.4h2.4v3.2h-2.4v2.4h-3.2v-2.4h-2.4v-3.2h2.4Z",
    "x": "M14 5l1.6-1.6L17 5l1.4-1.6L20 5L18.6 7L20 9l-1.6 1.6L17 9l-1.4 1.6L14 9l1.4-2Z",
    "star": "M17 2l1.4 3.4 3.7.3-2.8 2.4.9 3.6L17 9.8l-3.2 1.9.9-3.6-2.8-2.4 3.7-.3Z",
}
"""SVG paths in a box of 34 x 14."""

STROKES = {"solid": "none", "dash": "7 4", "dashdot": "7 3 2 3", "dot": "2 3"}
"""The dashes of lines as SVG has them."""


class Swatch(NamedTuple):
    """What the drawing consists of, in the words of SVG."""

    colour: str
    fill: str
    path: str
    dash: str
    line: bool


def swatch(style: Style) -> Swatch:
    """The drawing of a style."""
    colour = COLOURS[style.colour % len(COLOURS)]
    fill = "#ffffff" if style.hollow else colour
    shape = SHAPES[MARKERS[style.marker % len(MARKERS)]]
    return Swatch(colour, fill, shape, STROKES[DASHES[style.dash % len(DASHES)]], style.line)
