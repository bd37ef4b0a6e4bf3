"""Charts on the page, as Plotly is told to draw them."""

import json
import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
import report_rows

from pruning_jax.reporting import axes, chart, interactive
from pruning_jax.reporting.chart import Axis, Frame, Heat, Series, Style
from pruning_jax.reporting.charts.descent import feature
from pruning_jax.reporting.page import plotly
from pruning_jax.reporting.tabular import records


def test_plotly_knows_all_that_it_is_told(charts):
    content = interactive.content(charts)
    assert len(content) == sum(len(one.frames) for one in charts.values())
    for told in content.values():
        json.dumps(told, allow_nan=False)
        assert len(told["owners"]) == len(told["data"])
        go.Figure({"data": told["data"], "layout": told["layout"]})  # raises if it does not


def test_the_page_has_the_ticks_of_the_paper(charts):
    for one in charts.values():
        for frame in one.frames:
            layout = interactive.frame(frame)["layout"]
            for told, axis in ((layout["xaxis"], frame.x), (layout["yaxis"], frame.y)):
                assert told["tickvals"] == [tick for tick, _ in axis.ticks]
                assert told["ticktext"] == [words.replace("\n", "<br>") for _, words in axis.ticks]


def test_points_say_value_interval_density_weights_and_replicates(charts):
    one = next(f for f in charts["test_error"].frames if f.noise_rate == 0.2)
    series = next(s for s in one.series if s.algorithm == "lrr")
    trace = next(t for t in interactive.frame(one)["data"] if t.get("name") == "lrr")
    said = trace["hovertext"][3]
    assert said.startswith("<b>lrr</b><br>test error ")
    for words in (
        f"{series.y[3]:.3g} % [{series.low[3]:.3g}, {series.high[3]:.3g}]",
        "51.2\N{NO-BREAK SPACE}%",
        "22,630 weights",
        "round 3",
        "4 replicates",
    ):
        assert words in said


def test_bands_leave_out_what_is_unknown():
    low, high = (1.0, math.nan, 3.0), (2.0, math.nan, 4.0)
    series = Series("a", Style(0, 0, 0), (1.0, 0.8, 0.64), (1.5, math.nan, 3.5), low, high)
    axis = Axis("", 0.0, 1.0, ())
    band, points = interactive.frame(Frame("", "", axis, axis, (series,)))["data"]
    assert band["x"] == [1, 0.64, 0.64, 1]
    assert band["y"] == [1.0, 3.0, 4.0, 2.0]
    assert points["y"] == [1.5, None, 3.5]


def test_a_band_reaches_below_a_logarithmic_axis():
    series = Series("a", Style(0, 0, 0), (1.0, 0.5), (1.0, 2.0), (-1.0, 1.0), (2.0, 3.0))
    axis = Axis("", 0.5, 4.0, (), log=True)
    band, _ = interactive.frame(Frame("", "", axis, axis, (series,)))["data"]
    assert band["y"] == [0.25, 1.0, 3.0, 2.0]


def test_peaks_have_bars_in_both_directions(facts):
    table = pd.DataFrame(
        {
            **{"density": [0.5], "density_low": [0.4], "density_high": [0.6], "replicates": 4},
            **{"test_error": [0.2], "test_error_low": [0.19], "test_error_high": [0.22]},
        }
    )
    axis = Axis("", 0.0, 1.0, ())
    peak = feature(records(table), facts, "lrr", "peak")
    (trace,) = interactive.frame(Frame("", "", axis, axis, (peak,)))["data"]
    np.testing.assert_allclose(trace["error_x"]["array"], [0.1])
    np.testing.assert_allclose(trace["error_y"]["array"], [2.0])
    np.testing.assert_allclose(trace["error_y"]["arrayminus"], [1.0])


def test_names_are_no_markup():
    name = report_rows.HOSTILE[0]
    series = Series(name, Style(0, 0, 0), (1.0,), (1.0,), (0.0,), (2.0,), (name,), name)
    heat = Heat(((0.0, 1.0), (1.0, 0.0)), ((name, name), (name, name)), 0.0, 1.0, chart.SEQUENTIAL)
    axis = axes.categories(name, [name, name])
    for shown in (Frame("", "", axis, axis, (series,)), Frame("", "", axis, axis, heat=heat)):
        told = interactive.frame(shown)
        texts = json.dumps({k: told[k] for k in ("data", "layout")})
        assert "<img" not in texts
        assert "&lt;img" in texts


@pytest.mark.parametrize("name", [*report_rows.HOSTILE, "$x^{", "%{y}"])
def test_plotly_takes_any_name(name):
    series = Series(name, Style(0, 0, 0), (1.0,), (1.0,), (0.0,), (2.0,), (name,), name)
    axis = axes.linear(name, [0.0, 2.0])
    told = interactive.frame(Frame(name, name, axis, axis, (series,)))
    go.Figure({k: told[k] for k in ("data", "layout")})


def test_plotly_brings_its_own_script():
    script = plotly()
    assert "plotly.js" in script[:200]
    assert "</script" not in script.lower()
