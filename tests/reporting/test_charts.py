"""Charts say what their tables say."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import report_rows

from pruning_jax.analysis import answers
from pruning_jax.plugins import EXPLORATIONS
from pruning_jax.reporting import chart, gallery
from pruning_jax.reporting.chart import Frame, Heat, Series, Style
from pruning_jax.reporting.charts import __path__ as folders
from pruning_jax.reporting.charts.accuracy import accuracy
from pruning_jax.reporting.charts.descent import descent
from pruning_jax.reporting.charts.subgroups import subgroups
from pruning_jax.reporting.facts import facts_of


def test_every_file_of_charts_is_a_function_that_is_shown():
    """Only the figure that a run draws when it ends is not on the page."""
    files = {path.stem for path in Path(folders[0]).glob("[!_]*.py")}
    shown = [make.__name__ for make in (*gallery.GALLERY, *gallery.EXPLORED)]
    assert sorted(shown) == sorted(files - {"accuracy"})
    assert {make.__name__ for make in gallery.EXPLORED} <= {*EXPLORATIONS.names}


def test_every_chart_has_frames_and_names_existing_tables(charts, tables):
    for one in charts.values():
        assert one.frames, one.missing
        assert set(one.tables) <= set(tables)
        assert one.title
        for sentence in (one.caption, one.missing):
            assert sentence.endswith(".")


def test_test_error_is_100_minus_accuracy_with_its_interval(charts, tables, only):
    series = only(charts["test_error"], 0.2, "lrr")
    table = tables["curves"].query(
        "algorithm == 'lrr' and noise_rate == 0.2 and measure == 'test_accuracy'"
    )
    np.testing.assert_allclose(series.y, 100 * (1 - table["mean"]))
    np.testing.assert_allclose(series.low, 100 * (1 - table["high"]))
    np.testing.assert_allclose(series.high, 100 * (1 - table["low"]))
    assert all(
        low < y < high for low, y, high in zip(series.low, series.y, series.high, strict=True)
    )


def test_an_axis_of_errors_says_what_it_is(charts):
    error = charts["test_error"]
    assert "100 % minus test accuracy" in error.caption
    titles = {(frame.y.title, frame.y.log) for frame in error.frames}
    assert titles <= {("test error (%), logarithmic", True), ("test error (%)", False)}
    assert ("test error (%), logarithmic", True) in titles
    assert "100 % minus the test accuracy" in charts["descent"].caption


def test_axes_of_fractions_end_at_0_and_100(charts):
    for frame in (frame for one in charts.values() for frame in one.frames):
        if "(%)" in frame.y.title:
            over = 0.03 * (frame.y.high - frame.y.low)
            assert -over <= frame.y.low < frame.y.high, frame.y.title
            assert frame.y.high <= 115 if frame.y.log else frame.y.high <= 100 + over


@pytest.mark.parametrize("seeds", [2, 3])
def test_no_interval_is_drawn_of_fewer_seeds_than_a_verdict_needs(run, seeds):
    some = dataclasses.replace(run, rows=run.rows[run.rows["seed"] < seeds])
    made = gallery.charts(answers.tables(some, []), facts_of(some.rows), [])
    for one in (made["test_error"], made["memorisation"], made["two_factors"], made["claim_size"]):
        ends = [v for f in one.frames for s in f.series for v in (*s.low, *s.high)]
        assert bool(np.isfinite(ends).any()) == (seeds == 3), one.title
        assert "No interval is drawn where a mean is of fewer than 3 seeds." in one.caption
    (note, *_) = made["test_error"].frames[0].series[0].notes
    assert "[" in note  # the mouse still finds it


def test_what_prunes_nothing_stands_where_pruning_is(charts, only):
    extended = only(charts["test_error"], 0.0, "extended_dense")
    np.testing.assert_allclose(extended.x, report_rows.DENSITIES)


def test_narrower_networks_stand_at_their_number_of_weights(charts):
    frame = charts["test_error"].frames[0]
    narrow = next(s for s in frame.series if s.name == "dense, fewer units")
    totals = [
        int(report_rows.WEIGHTS * w**1.6) / report_rows.WEIGHTS
        for w in sorted([*report_rows.WIDTHS, 1.0])
    ]
    np.testing.assert_allclose(sorted(narrow.x), totals)


def test_the_reference_is_the_dense_network(charts, tables, facts, rows):
    by_error = charts["test_error"].frames
    for frame, other in zip(by_error, accuracy(tables, facts).frames, strict=True):
        dense = rows.query("algorithm == 'lrr' and round == 0 and noise_rate == @frame.noise_rate")
        mean = dense["test_accuracy"].mean()
        assert frame.reference == pytest.approx(100 * (1 - mean))
        assert other.reference == pytest.approx(100 * mean)


def test_degradation_is_only_shown_with_noise_and_in_points(charts, tables, only):
    assert {f.noise_rate for f in charts["degradation"].frames} == {0.2, 0.4}
    table = tables["degradation"].query("algorithm == 'lrr' and noise_rate == 0.4")
    np.testing.assert_allclose(only(charts["degradation"], 0.4, "lrr").y, 100 * table["mean"])


def test_memorisation_has_a_row_for_each_measure(charts, tables, only):
    assert len(charts["memorisation"].rows) == 3
    table = tables["memorisation"].query(
        "algorithm == 'lrr' and noise_rate == 0.4 and measure == 'clean_accuracy'"
    )
    np.testing.assert_allclose(only(charts["memorisation"], 0.4, "lrr").y, 100 * table["mean"])


def test_the_two_by_two_has_all_five_networks(charts, tables):
    frames = charts["two_factors"].frames
    for frame in frames:
        counts = {s.name.split(",")[0]: len(s.x) for s in frame.series}
        assert counts == {"full size": 2, "fewer units": 2, "pruned": 1}
    table = tables["two_factors"].query("noise_rate == 0.4 and measure == 'degradation'")
    frame = next(f for f in frames if f.row == "degradation" and f.noise_rate == 0.4)
    shown = {(s.name[:4], round(x)): y for s in frame.series for x, y in zip(s.x, s.y, strict=True)}
    places = {"standard": 0, "extended": 1, "pruned": 2}
    names = {"full": "full", "reduced": "fewe", "pruned": "prun"}
    for row in table.itertuples():
        assert shown[names[row.size], places[row.time]] == pytest.approx(100 * row.mean)


def test_heat_maps_have_the_hardest_group_and_the_widest_network_on_top(charts, tables):
    frame = charts["subgroups"].frames[0]
    part = tables["subgroups"].query("algorithm == 'lrr' and noise_rate == 0 and flag == 'all'")
    heat = frame.heat
    assert len(heat.values) == 20
    assert len(heat.values[0]) == len(report_rows.DENSITIES)
    one = part.query("group == 19 and round == 12")["relative_loss"].item()
    assert heat.values[19][12] == pytest.approx(one)
    wide = charts["augmented"].frames[0]
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
    made = descent({**tables, "descent": table}, facts)
    frame = next(f for f in made.frames if f.noise_rate == 0.4)
    peak = next(s for s in frame.series if s.name == "peak: lrr")
    assert (peak.x, peak.y, peak.x_low, peak.x_high) == ((0.5,), (20.0,), (0.4,), (0.6,))
    assert peak.style.colour == facts.style("lrr").colour


# Without data.


def test_without_data_a_chart_says_why(facts, tables):
    problems = []
    empty = {name: table.iloc[:0] for name, table in tables.items()}
    for one in gallery.charts(empty, facts, problems).values():
        assert not one.frames
        assert one.missing.endswith(".")
    assert not problems


def test_a_table_that_is_missing_or_odd_is_a_line_of_words(facts, tables):
    problems = []
    odd = {**tables, "tie": tables["tie"].drop(columns="difference")}
    del odd["memorisation"]
    made = gallery.charts(odd, facts, problems)
    assert len(problems) == 1
    assert "KeyError: 'difference'" in made["tie"].missing
    assert made["memorisation"].missing == "The table memorisation could not be computed."
    assert made["test_error"].frames


def test_subgroups_of_a_run_without_a_dense_network_say_nothing(facts, tables):
    table = tables["subgroups"].assign(relative_loss=np.nan)
    assert not subgroups({"subgroups": table}, facts).frames


# What charts are made of.


def test_the_legend_has_the_first_series_of_each_name(charts):
    made = charts["test_error"]
    assert list(made.legend) == [s.name for s in made.frames[0].series]
    assert made.legend["lrr"] is made.frames[0].series[0]


def test_frames_stand_in_rows_and_columns():
    axis = chart.Axis("", 0.0, 1.0, ())
    frames = tuple(Frame(row, column, axis, axis) for row in "ab" for column in "xyz")
    made = chart.Chart("", "", frames, "")
    assert made.rows == ["a", "b"]
    assert made.columns == ["x", "y", "z"]


def test_a_level_is_only_drawn_where_values_lie_on_both_sides():
    heat = Heat(((0.0, 1.0), (-1.0, 0.5)), (), -1.0, 1.0, chart.DIVERGING, level=0.0)
    assert np.isnan(heat.crossing[0][0])
    assert heat.crossing[1] == (-1.0, 0.5)
    assert not Heat(((0.0, 1.0),), (), -1.0, 1.0, chart.DIVERGING, level=0.0).crossing


def test_series_need_no_notes_and_no_algorithm():
    series = Series("a", Style(0, 0, 0), (1.0,), (1.0,), (0.0,), (2.0,))
    assert (series.notes, series.algorithm) == ((), "")
