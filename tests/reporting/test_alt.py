"""What readers hear of a frame."""

import math
import re

import pytest

from pruning_jax.reporting import alt, axes
from pruning_jax.reporting.chart import SEQUENTIAL, Axis, Frame, Heat, Series, Style

Y = Axis("test error (%)", 0.0, 40.0, ())


def series(y, name="lrr"):
    x = tuple(0.5**i for i in range(len(y)))
    heights = tuple(map(float, y))
    return Series(name, Style(0, 0, 0), x, heights, heights, heights)


def test_a_curve_is_heard_by_its_ends_and_its_extremes():
    frame = Frame("row", "20 % label noise", axes.density([0.1], None), Y, (series([9, 20, 4, 8]),))
    assert alt.seen("Test error", frame).replace("\N{NO-BREAK SPACE}", " ") == (
        "Test error, row, 20 % label noise: test error (%) over density: fraction of weights "
        "remaining. lrr: 9 at 100 %, highest 20 at 50 %, lowest 4 at 25 %, 8 at 12.5 %."
    )


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([5.0], "lrr: 5 at 100 %."),
        ([5.0, 5.0], "lrr: 5 at 100 %, 5 at 50 %."),
        ([5.0, math.nan, 7.0], "lrr: lowest 5 at 100 %, highest 7 at 25 %."),
        ([math.nan], "remaining."),
    ],
)
def test_short_and_unknown_curves(values, said):
    frame = Frame("", "", axes.density([0.1], None), Y, (series(values),))
    assert alt.seen("", frame).replace("\N{NO-BREAK SPACE}", " ").endswith(said)


def test_categories_are_said_by_their_names():
    names = axes.categories("", ["standard\ntime", "extended\ntime"])
    assert alt.at(names, 0.94) == "extended time"
    assert alt.at(Axis("", 0.0, 1.0, ()), -0.25) == "\N{MINUS SIGN}0.25"


def test_a_heat_map_is_heard_by_its_notes():
    notes = (("one\ntwo", "three"), ("four", ""))
    heat = Heat(((1.0, 3.0), (0.5, math.nan)), notes, 0.0, 3.0, SEQUENTIAL, marked=((0, 0),))
    axis = axes.categories("schedules", "ab")
    said = alt.seen("Augmented", Frame("", "", axis, axis, heat=heat))
    assert said == (
        "Augmented: colours over schedules (across) and schedules (upwards). Lowest: four. "
        "Highest: three. Ring: one, two."
    )


def test_every_frame_of_every_chart_says_numbers(charts):
    for one in charts.values():
        for frame in one.frames:
            said = alt.seen(one.title, frame)
            assert said.startswith(one.title)
            assert said.endswith(".")
            assert len(re.findall(r"\d", said.removeprefix(one.title))) > 3
            assert "nan" not in said
            assert "\n" not in said
