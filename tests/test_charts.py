"""Charts say what their tables say, on paper and on the page."""

import json
import math
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
import report_rows
from matplotlib.colors import to_rgb

from pruning_jax import charts, figures, interactive
from pruning_jax.analysis import answers
from pruning_jax.charts import Axis, Heat, Panel, Series, Style, axes, curves, gallery, heatmaps
from pruning_jax.charts import facts as shared
from pruning_jax.page import plotly as plotly_script


@pytest.fixture(scope="module")
def rows():
    return report_rows.frame()


@pytest.fixture(scope="module")
def tables(rows):
    found = {name: analysis(rows) for name, analysis in answers.ANALYSES.items()}
    return found | {"subgroups": report_rows.subgroups()}


@pytest.fixture(scope="module")
def facts(rows):
    return shared.facts(rows, ("lrr", "random", "extended_dense"))


@pytest.fixture(scope="module")
def drawn(tables, facts):
    problems = []
    found = gallery.charts(tables, facts, problems)
    assert not problems
    return {chart.name: chart for chart in found}


def only(chart, rate, name):
    """The series of an algorithm in the first panel of a noise rate."""
    panel = next(p for p in chart.panels if p.noise_rate == rate)
    return next(s for s in panel.series if s.algorithm == name)


def test_facts_are_of_the_main_algorithms(facts):
    assert facts.algorithms == ("lrr", "random", "extended_dense")
    assert facts.rates == (0.0, 0.2, 0.4)
    assert facts.weights == report_rows.WEIGHTS
    assert facts.unpruned == ("extended_dense",)
    assert facts.pruned == pytest.approx(dict(enumerate(report_rows.DENSITIES)))


def test_every_chart_has_panels_and_names_existing_tables(drawn, tables):
    for chart in drawn.values():
        assert chart.panels, chart.missing
        assert set(chart.tables) <= set(tables)
        assert chart.title
        assert chart.caption


def test_test_error_is_100_minus_accuracy_with_its_interval(drawn, tables):
    series = only(drawn["test_error"], 0.2, "lrr")
    table = tables["curves"].query(
        "algorithm == 'lrr' and noise_rate == 0.2 and measure == 'test_accuracy'"
    )
    np.testing.assert_allclose(series.y, 100 * (1 - table["mean"]))
    np.testing.assert_allclose(series.low, 100 * (1 - table["high"]))
    np.testing.assert_allclose(series.high, 100 * (1 - table["low"]))
    assert all(
        low < y < high for low, y, high in zip(series.low, series.y, series.high, strict=True)
    )


def test_what_prunes_nothing_stands_where_pruning_is(drawn):
    extended = only(drawn["test_error"], 0.0, "extended_dense")
    np.testing.assert_allclose(extended.x, report_rows.DENSITIES)


def test_narrower_networks_stand_at_their_number_of_weights(drawn):
    panel = drawn["test_error"].panels[0]
    narrow = next(s for s in panel.series if s.name == "dense, fewer units")
    totals = [
        int(report_rows.WEIGHTS * w**1.6) / report_rows.WEIGHTS
        for w in sorted([*report_rows.WIDTHS, 1.0])
    ]
    np.testing.assert_allclose(sorted(narrow.x), totals)


def test_the_reference_is_the_dense_network(drawn, rows):
    for panel in drawn["test_error"].panels:
        dense = rows.query("algorithm == 'lrr' and round == 0 and noise_rate == @panel.noise_rate")
        assert panel.reference == pytest.approx(100 * (1 - dense["test_accuracy"].mean()))


def test_degradation_is_only_shown_with_noise_and_in_points(drawn, tables):
    assert {p.noise_rate for p in drawn["degradation"].panels} == {0.2, 0.4}
    table = tables["degradation"].query("algorithm == 'lrr' and noise_rate == 0.4")
    np.testing.assert_allclose(only(drawn["degradation"], 0.4, "lrr").y, 100 * table["mean"])


def test_the_two_by_two_has_all_five_networks(drawn, tables):
    for panel in drawn["two_factors"].panels:
        counts = {s.name.split(",")[0]: len(s.x) for s in panel.series}
        assert counts == {"full size": 2, "fewer units": 2, "pruned": 1}
    table = tables["two_factors"].query("noise_rate == 0.4 and measure == 'degradation'")
    panel = next(
        p for p in drawn["two_factors"].panels if p.row == "degradation" and p.noise_rate == 0.4
    )
    shown = {(s.name[:4], round(x)): y for s in panel.series for x, y in zip(s.x, s.y, strict=True)}
    places = {"standard": 0, "extended": 1, "pruned": 2}
    names = {"full": "full", "reduced": "fewe", "pruned": "prun"}
    for row in table.itertuples():
        assert shown[names[row.size], places[row.time]] == pytest.approx(100 * row.mean)


def test_heat_maps_have_the_hardest_group_and_the_widest_network_on_top(drawn, tables):
    panel = drawn["subgroups"].panels[0]
    part = tables["subgroups"].query("algorithm == 'lrr' and noise_rate == 0 and flag == 'all'")
    heat = panel.heat
    assert len(heat.values) == 20
    assert len(heat.values[0]) == len(report_rows.DENSITIES)
    one = part.query("group == 19 and round == 12")["relative_loss"].item()
    assert heat.values[19][12] == pytest.approx(one)
    wide = drawn["augmented"].panels[0]
    best = tables["augmented"].query("noise_rate == 0 and selected")
    widths = sorted(tables["augmented"]["width"].unique())
    assert wide.heat.marked == ((best["round"].item(), widths.index(best["width"].item())),)


def test_peaks_and_valleys_are_marked_where_the_table_says(facts, tables):
    table = pd.DataFrame(
        {
            **{"algorithm": ["lrr", "lrr"], "noise_rate": 0.4, "feature": ["peak", "valley"]},
            **{"density": [0.5, 0.1], "density_low": [0.4, 0.08], "density_high": [0.6, 0.2]},
            **{"test_error": [0.2, 0.07], "test_error_low": [0.19, 0.06]},
            **{"test_error_high": [0.21, 0.08], "replicates": 4},
        }
    )
    chart = curves.descent({**tables, "descent": table}, facts)
    panel = next(p for p in chart.panels if p.noise_rate == 0.4)
    peak = next(s for s in panel.series if s.name == "peak: lrr")
    assert (peak.x, peak.y, peak.x_low, peak.x_high) == ((0.5,), (20.0,), (0.4,), (0.6,))
    assert peak.style.colour == facts.style("lrr").colour
    drawn = interactive.panel(panel)
    bars = next(t for t in drawn["data"] if t.get("name") == "peak: lrr")
    np.testing.assert_allclose(bars["error_x"]["array"], [0.1])
    np.testing.assert_allclose(bars["error_y"]["arrayminus"], [1.0])
    figures.draw(chart)


def test_without_data_a_chart_says_why(facts, tables):
    problems = []
    empty = {name: table.iloc[:0] for name, table in tables.items()}
    for chart in gallery.charts(empty, facts, problems):
        assert not chart.panels
        assert chart.missing.startswith("There is nothing to show: ")
    assert not problems


def test_a_table_that_is_missing_or_odd_is_a_line_of_words(facts, tables):
    problems = []
    odd = {**tables, "tie": tables["tie"].drop(columns="difference")}
    del odd["memorisation"]
    found = {chart.name: chart for chart in gallery.charts(odd, facts, problems)}
    assert len(problems) == 1
    assert "KeyError: 'difference'" in found["tie"].missing
    assert found["memorisation"].missing == "The table memorisation could not be computed."
    assert found["test_error"].panels


# Axes.


@pytest.mark.parametrize("make", [axes.linear, axes.logarithmic])
@pytest.mark.parametrize(
    "values", [(0.2, 31.0), (95.0, 99.2), (1e-7, 2.0), (-3.0, 4.0), (5.0, 5.0), (0.0, 0.0), ()]
)
def test_axes_hold_all_values_and_have_ticks(make, values):
    axis = make("", values)
    assert all(axis.low < v < axis.high for v in values)
    assert 2 <= len(axis.ticks) <= 8
    for value, words in axis.ticks:
        assert axis.low <= value <= axis.high
        assert float(words.replace("\N{MINUS SIGN}", "-")) == pytest.approx(value, abs=1e-12)
    assert len({words for _, words in axis.ticks}) == len(axis.ticks)


@pytest.mark.parametrize("lowest", [0.9, 0.3, 0.0687, 0.018, 0.0028, 1e-4])
def test_density_falls_to_the_right_and_is_said_with_weights(lowest):
    axis = axes.density([1.0, lowest], 266_200.0)
    assert axis.low > 1 > lowest > axis.high
    assert axis.log
    assert 2 <= len(axis.ticks) <= 7
    assert axis.ticks[0] == (1.0, "100\N{NO-BREAK SPACE}%\n266k")
    assert "weights" in axis.title


# Colours.


def lightness(colour):
    """CIE L* of a colour."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * y ** (1 / 3) - 16


@pytest.mark.parametrize("colours", [charts.DIVERGING, charts.SEQUENTIAL])
def test_colours_of_heat_maps_keep_their_order_in_grey(colours):
    steps = np.diff([lightness(colour) for colour in colours])
    assert (steps > 3).all()


def test_series_differ_in_more_than_colour():
    looks = {(s.marker % 8, s.dash % 4) for s in (Style(i, i, i) for i in range(8))}
    assert len(looks) == 8
    assert len(charts.COLOURS) == len(charts.MARKERS) == len(figures.MARKERS) == 8


# On paper.


def test_paper_has_every_panel_with_labelled_axes_inside_the_frame(drawn):
    for chart in drawn.values():
        figure = figures.draw(chart)
        shown = [a for a in figure.axes if a.get_visible()]
        assert len(shown) == len(chart.panels) + (chart.key is not None)
        figure.canvas.draw()
        box = figure.get_tightbbox()
        assert box.x0 > -0.05, chart.name
        assert box.y0 > -0.05, chart.name
        assert box.x1 < figure.get_figwidth() + 0.05, chart.name
        assert box.y1 < figure.get_figheight() + 0.05, chart.name


def test_paper_shows_the_numbers(drawn):
    chart = drawn["test_error"]
    axis = figures.draw(chart).axes[0]
    series = only(chart, 0.0, "lrr")
    assert any(np.array_equal(line.get_ydata(), series.y) for line in axis.lines)
    assert axis.get_xlim()[0] > axis.get_xlim()[1]
    assert axis.get_xlabel() == "density and weights remaining"


@pytest.mark.parametrize("name", [*report_rows.HOSTILE, "$x^{", "_hidden", "a\\b", "剪枝", "%{y}"])
def test_any_name_can_be_drawn(name, tmp_path):
    series = Series(
        name, Style(0, 0, 0), (1.0, 0.5), (1.0, 2.0), (0.0, math.nan), (2.0, math.nan), ("", "")
    )
    x, y = axes.density([1.0, 0.5], 100.0), axes.linear(name, [0.0, 2.0])
    chart = charts.Chart("odd", name, "", (Panel(name, name, x, y, (series,)),))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figures.write(chart, [tmp_path / "odd.pdf", tmp_path / "odd.png"])
        legend = figures.draw(chart).legends[0].get_texts()
    assert [t.get_text().replace("\\$", "$").strip() for t in legend] == [name]
    go.Figure({k: interactive.panel(chart.panels[0])[k] for k in ("data", "layout")})


def test_a_figure_of_accuracy_for_each_noise_rate(rows):
    figure = figures.accuracy(rows.query("control_of == ''"))
    assert [a.get_title(loc="left") for a in figure.axes] == [
        shared.noise(r) for r in (0.0, 0.2, 0.4)
    ]
    plt.close("all")


# On the page.


def test_plotly_knows_all_that_it_is_told(drawn):
    for chart in drawn.values():
        for one in chart.panels:
            panel = interactive.panel(one)
            json.dumps(panel, allow_nan=False)
            assert len(panel["owners"]) == len(panel["data"])
            go.Figure({"data": panel["data"], "layout": panel["layout"]})  # raises if it does not


def test_points_say_value_interval_density_weights_and_replicates(drawn):
    one = next(p for p in drawn["test_error"].panels if p.noise_rate == 0.2)
    series = next(s for s in one.series if s.algorithm == "lrr")
    panel = interactive.panel(one)
    trace = next(t for t in panel["data"] if t.get("name") == "lrr")
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
    band, points = interactive.panel(Panel("", "", axis, axis, (series,)))["data"]
    assert band["x"] == [1, 0.64, 0.64, 1]
    assert band["y"] == [1.0, 3.0, 4.0, 2.0]
    assert points["y"] == [1.5, None, 3.5]


def test_a_band_reaches_below_a_logarithmic_axis():
    series = Series("a", Style(0, 0, 0), (1.0, 0.5), (1.0, 2.0), (-1.0, 1.0), (2.0, 3.0))
    axis = Axis("", 0.5, 4.0, (), log=True)
    band, _ = interactive.panel(Panel("", "", axis, axis, (series,)))["data"]
    assert band["y"] == [0.25, 1.0, 3.0, 2.0]


def test_names_are_no_markup():
    name = report_rows.HOSTILE[0]
    series = Series(name, Style(0, 0, 0), (1.0,), (1.0,), (0.0,), (2.0,), (name,), name)
    heat = Heat(((0.0, 1.0), (1.0, 0.0)), ((name, name), (name, name)), 0.0, 1.0, charts.SEQUENTIAL)
    axis = axes.places(name, [name, name])
    for panel in (Panel("", "", axis, axis, (series,)), Panel("", "", axis, axis, heat=heat)):
        drawn = interactive.panel(panel)
        texts = json.dumps({k: drawn[k] for k in ("data", "layout")})
        assert "<img" not in texts
        assert "&lt;img" in texts


def test_a_level_is_only_drawn_where_values_lie_on_both_sides():
    heat = Heat(((0.0, 1.0), (-1.0, 0.5)), (), -1.0, 1.0, charts.DIVERGING, level=0.0)
    assert math.isnan(heat.crossing[0][0])
    assert heat.crossing[1] == (-1.0, 0.5)
    assert not Heat(((0.0, 1.0),), (), -1.0, 1.0, charts.DIVERGING, level=0.0).crossing


def test_subgroups_of_a_run_without_a_dense_network_say_nothing(facts, tables):
    table = tables["subgroups"].assign(relative_loss=np.nan)
    assert not heatmaps.subgroups({"subgroups": table}, facts).panels


def test_plotly_brings_its_own_script():
    script = plotly_script()
    assert "plotly.js" in script[:200]
    assert "</script" not in script.lower()
