"""Charts on the page, as Bokeh is told to draw them."""

import json
import math

import numpy as np
import pandas as pd
import pytest
import report_rows
from bokeh.document import Document
from bokeh.models import (
    HoverTool,
    Line,
    LinearColorMapper,
    MultiLine,
    Patch,
    PlainText,
    Rect,
    Scatter,
    Segment,
)

from pruning_jax.reporting import axes, chart, interactive, marks
from pruning_jax.reporting.chart import Axis, Frame, Heat, Series, Style
from pruning_jax.reporting.charts.descent import feature
from pruning_jax.reporting.packed import library, packed, packed_library, unpacked
from pruning_jax.reporting.tabular import records


def drawn(frame, glyph):
    """The columns of all renderers of a frame with this glyph, but for the target of the mouse."""
    return [
        one.data_source.data
        for one in interactive.plot(frame).renderers
        if isinstance(one.glyph, glyph) and one.name != marks.TARGET
    ]


def target(frame):
    """What the mouse can meet."""
    (found,) = [one for one in interactive.plot(frame).renderers if one.name == marks.TARGET]
    return found


def test_bokeh_reads_all_that_it_is_told(charts):
    content = interactive.content(charts)
    assert len(content["frames"]) == sum(len(one.frames) for one in charts.values())
    frames = [frame for one in charts.values() for frame in one.frames]
    for told, frame in zip(content["frames"].values(), frames, strict=True):
        text = json.dumps(told, allow_nan=False)
        (root,) = Document.from_json(json.loads(text)["doc"]).roots
        assert root.id == told["root_id"]
        assert (root.x_range.start, root.x_range.end) == (frame.x.low, frame.x.high)
        assert isinstance(root.select_one(HoverTool), HoverTool)


def test_the_page_has_the_ticks_of_the_paper(charts):
    for one in charts.values():
        for frame in one.frames:
            made = interactive.plot(frame)
            for (told,), axis in ((made.below, frame.x), (made.left, frame.y)):
                assert told.ticker.ticks == [tick for tick, _ in axis.ticks]
                words = told.major_label_overrides
                assert [words[tick] for tick, _ in axis.ticks] == [said for _, said in axis.ticks]


def test_points_say_value_interval_density_weights_and_replicates(charts):
    one = next(f for f in charts["test_error"].frames if f.noise_rate == 0.2)
    series = next(s for s in one.series if s.algorithm == "lrr")
    found = target(one)
    places = [i for i, owner in enumerate(found.tags) if owner == "lrr"]
    assert len(places) == len(series.x)
    columns = found.data_source.data
    assert {columns["name"][i] for i in places} == {"lrr"}
    said = columns["note"][places[3]]
    for words in (
        f"{series.y[3]:.3g} % [{series.low[3]:.3g}, {series.high[3]:.3g}]",
        "51.2\N{NO-BREAK SPACE}%",
        "22,630 weights",
        "round 3",
        "4 replicates",
    ):
        assert words in said
    assert said.startswith("test error ")


def test_everything_of_an_algorithm_is_hidden_with_it(charts):
    for frame in charts["test_error"].frames:
        renderers = interactive.plot(frame).renderers
        owners = [one.tags for one in renderers if one.name != marks.TARGET]
        assert owners.count(["lrr"]) == 3  # a band, a line, marks
        found = target(frame)
        assert (
            len(found.tags) == len(found.view.filter.booleans) == len(found.data_source.data["x"])
        )


def test_bands_leave_out_what_is_unknown():
    low, high = (1.0, math.nan, 3.0), (2.0, math.nan, 4.0)
    series = Series("a", Style(0, 0, 0), (1.0, 0.8, 0.64), (1.5, math.nan, 3.5), low, high)
    axis = Axis("", 0.0, 1.0, ())
    frame = Frame("", "", axis, axis, (series,))
    (band,), (line,) = drawn(frame, Patch), drawn(frame, Line)
    assert band["x"] == [1, 0.64, 0.64, 1]
    assert band["y"] == [1.0, 3.0, 4.0, 2.0]
    np.testing.assert_equal(line["y"], [1.5, math.nan, 3.5])


def test_a_band_reaches_below_a_logarithmic_axis():
    series = Series("a", Style(0, 0, 0), (1.0, 0.5), (1.0, 2.0), (-1.0, 1.0), (2.0, 3.0))
    axis = Axis("", 0.5, 4.0, (), log=True)
    (band,) = drawn(Frame("", "", axis, axis, (series,)), Patch)
    assert band["y"] == [0.25, 1.0, 3.0, 2.0]


def test_bands_hide_no_line():
    """However many series there are, all areas lie below all lines."""
    axis = Axis("", 0.0, 1.0, ())
    one = Series("a", Style(0, 0, 0), (1.0, 0.5), (1.0, 2.0), (0.5, 1.0), (2.0, 3.0))
    glyphs = [r.glyph for r in interactive.plot(Frame("", "", axis, axis, (one, one))).renderers]
    areas = [i for i, glyph in enumerate(glyphs) if isinstance(glyph, Patch)]
    lines = [i for i, glyph in enumerate(glyphs) if isinstance(glyph, Line)]
    assert len(areas) == len(lines) == 2
    assert max(areas) < min(lines)


def test_peaks_have_bars_in_both_directions(facts):
    table = pd.DataFrame(
        {
            **{"density": [0.5], "density_low": [0.4], "density_high": [0.6], "replicates": 4},
            **{"test_error": [0.2], "test_error_low": [0.19], "test_error_high": [0.22]},
        }
    )
    axis = Axis("", 0.0, 1.0, ())
    peak = feature(records(table), facts, "lrr", "peak")
    (bars,) = drawn(Frame("", "", axis, axis, (peak,)), Segment)
    np.testing.assert_allclose(
        [bars[end] for end in marks.ENDS], [[0.5, 0.4], [19, 20], [0.5, 0.6], [22, 20]]
    )


def test_a_heat_map_has_a_cell_for_each_known_value_with_its_line_and_rings():
    values = ((0.0, 1.0, math.nan), (-1.0, 2.0, 3.0))
    notes = (("a", "b", ""), ("c", "d", "e"))
    heat = Heat(values, notes, -1.0, 3.0, chart.DIVERGING, level=0.5, marked=((1, 1),))
    axis = axes.categories("", "abc")
    frame = Frame("", "", axis, axis, heat=heat)
    cells = target(frame)
    assert isinstance(cells.glyph, Rect)
    columns = cells.data_source.data
    found = dict(zip(zip(columns["x"], columns["y"], strict=True), columns["note"], strict=True))
    assert found == {(0, 0): "a", (1, 0): "b", (0, 1): "c", (1, 1): "d", (2, 1): "e"}
    mapper = cells.glyph.fill_color.transform
    assert isinstance(mapper, LinearColorMapper)
    assert (mapper.palette[0], mapper.palette[-1]) == (chart.DIVERGING[0], chart.DIVERGING[-1])
    (line,) = drawn(frame, MultiLine)
    assert (min(line["xs"][0]), max(line["xs"][0])) == (0.5, 0.5)
    rings = drawn(frame, Scatter)
    assert [(r["x"], r["y"]) for r in rings] == [([1], [1])] * 2


def test_names_stand_only_where_they_are_no_markup():
    """In columns of data, which tooltips escape, and in tags; a formula is sent as plain text."""
    name = "<img src=x onerror=alert(1)> $$x^2$$ @{y}"
    series = Series(name, Style(0, 0, 0), (1.0,), (1.0,), (0.0,), (2.0,), (name,), name)
    heat = Heat(((0.0, 1.0), (1.0, 0.0)), ((name, name), (name, name)), 0.0, 1.0, chart.SEQUENTIAL)
    axis = axes.categories(name, [name, name])
    for shown in (Frame("", "", axis, axis, (series,)), Frame("", "", axis, axis, heat=heat)):
        made = interactive.plot(shown)
        (x,) = made.below
        assert isinstance(x.axis_label, PlainText)
        assert all(isinstance(words, PlainText) for words in x.major_label_overrides.values())
        assert made.select_one(HoverTool).tooltips == interactive.TOOLTIP
        assert name not in interactive.TOOLTIP
        places = set(found(json.loads(json.dumps(interactive.embedded(made)["doc"])), name))
        assert places <= {"text", "tags", "name", "note"}


def found(told, name, key=""):
    """The keys under which a text stands in JSON; columns of data count by their names."""
    if isinstance(told, str) and name in told:
        yield key
    elif isinstance(told, dict):
        for own, value in told.items():
            yield from found(value, name, key if own == "entries" else own)
    elif isinstance(told, list):
        column = len(told) == 2 and isinstance(told[0], str) and isinstance(told[1], list)
        for value in told:
            yield from found(value, name, told[0] if column else key)


def test_bokeh_brings_its_own_script():
    script = library()
    assert "Bokeh" in script[:1000] or "BokehJS" in script
    assert "</script" not in packed_library().lower()
    assert unpacked(packed_library()) == script


@pytest.mark.parametrize(
    "text", ["", "</script><!--", "\N{EN DASH}" * 1000, report_rows.HOSTILE[1]]
)
def test_what_is_packed_ends_no_script_and_is_found_again(text):
    assert unpacked(packed(text)) == text
    assert packed(text) == packed(text)
    assert set(packed(text)).isdisjoint("<>&\"'")


def test_dark_pages_have_another_colour_for_each_of_the_light_ones():
    """None of the palette is lost on the way, and what is light becomes dark."""
    light = [sum(bytes.fromhex(colour[1:])) for colour in interactive.DARK]
    dark = [sum(bytes.fromhex(colour[1:])) for colour in interactive.DARK.values()]
    assert len({*interactive.DARK.values()}) == len(dark)
    assert np.corrcoef(light, dark)[0, 1] < -0.9
