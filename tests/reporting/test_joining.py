"""Charts of several runs in one."""

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
import report_rows

from pruning_jax.analysis import answers
from pruning_jax.errors import WrongUse
from pruning_jax.reporting import axes, gallery, joining, parts
from pruning_jax.reporting.chart import Axis
from pruning_jax.reporting.facts import PLACES
from pruning_jax.reporting.parts import Part
from pruning_jax.workdir.collect import collect


@pytest.fixture(scope="module")
def runs(run, tables, tmp_path_factory):
    """The made-up run, and another one with other noise rates and one algorithm less."""
    what = report_rows.experiment(names=("random",), rates=(0.1, 0.4))
    other = collect(report_rows.workdir(tmp_path_factory.mktemp("other"), what))
    return [
        Part("a", run, tables, []),
        Part(
            "b", other, answers.tables(other, []) | {"subgroups": report_rows.subgroups(what)}, []
        ),
    ]


@pytest.fixture(scope="module")
def apart(runs):
    """The charts of each run, by its label."""
    found = {}
    for part, facts in zip(runs, parts.shared(runs), strict=True):
        renamed = {name: part.renamed(table) for name, table in part.tables.items()}
        found[part.label] = gallery.charts(renamed, facts, part.problems)
        assert not part.problems
    return found


@pytest.fixture(scope="module")
def joined(apart):
    return joining.joined(apart)


def test_every_chart_has_all_that_the_runs_show(joined, apart):
    for name, one in joined.items():
        plain = name.rpartition("_")[0] if name not in apart["a"] else name
        own = [charts[plain] for charts in apart.values()]
        if name == plain:
            count = sum(len(f.series) for chart in own for f in chart.frames)
            assert sum(len(f.series) for f in one.frames) == count
            assert sum(f.heat is not None for f in one.frames) == sum(
                f.heat is not None for chart in own for f in chart.frames
            )


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_a_chart_that_one_run_alone_has_is_kept(apart, order):
    name = next(iter(apart["a"]))
    lacking = {other: chart for other, chart in apart["b"].items() if other != name}
    runs = {"a": apart["a"], "b": lacking}
    both = joining.joined({label: runs[label] for label in order})
    assert {*both} >= {*lacking, name}
    assert (
        both[name].frames == joining.joined({"a": {name: apart["a"][name]}, "b": {}})[name].frames
    )


def test_every_series_says_of_which_run_it_is(joined):
    for one in joined.values():
        for frame in one.frames:
            if frame.heat:
                assert "a" in (frame.row.partition(":")[0], one.title[-1]) or "b" in (
                    frame.row.partition(":")[0],
                    one.title[-1],
                )
            for series in frame.series:
                assert any(f"{label}: " in series.name for label in "ab"), series.name


def test_frames_of_one_noise_rate_are_one_and_in_order(joined):
    frames = joined["test_error"].frames
    assert [frame.noise_rate for frame in frames] == [0.0, 0.1, 0.2, 0.4]
    labels = [{series.name[0] for series in frame.series} for frame in frames]
    assert labels == [{"a"}, {"b"}, {"a"}, {"a", "b"}]


def test_joined_axes_hold_all_points(joined):
    for one in joined.values():
        for frame, series in ((f, s) for f in one.frames for s in f.series):
            low, high = sorted((frame.x.low, frame.x.high))
            assert all(low <= x <= high for x in series.x)
            if one is joined["test_error"]:
                assert all(frame.y.low < y < frame.y.high for y in series.y)


def test_what_is_drawn_in_one_frame_looks_different(joined):
    for one in joined.values():
        for frame in one.frames:
            for first, second in itertools.combinations(frame.series, 2):
                same_name = first.name.partition(",")[0] == second.name.partition(",")[0]
                assert first.style != second.style or same_name, (first.name, second.name)


def test_algorithms_of_one_name_have_one_colour(joined):
    (frame,) = [f for f in joined["test_error"].frames if f.noise_rate == 0.4]
    style = {series.name: series.style for series in frame.series}
    assert style["a: random"].colour == style["b: random"].colour
    assert style["a: random"].dash != style["b: random"].dash
    assert style["a: random"].marker != style["b: random"].marker


def test_colours_of_joined_runs_are_those_of_each_alone(runs):
    for part, facts in zip(runs, parts.shared(runs), strict=True):
        for name in part.facts.algorithms:
            assert facts.style(name).colour == PLACES[name.removeprefix(f"{part.label}: ")]


def test_the_line_of_the_dense_network_is_left_out_where_the_runs_differ(joined, apart):
    references = [f.reference for f in joined["test_error"].frames]
    assert [one is None for one in references] == [False, False, False, True]
    assert joined["test_error"].caption.endswith(joining.DROPPED)
    assert joining.DROPPED not in joined["claim_size"].caption
    assert all(f.reference == 0 for f in joined["claim_size"].frames)


def test_colours_that_mean_different_things_stay_apart(joined, apart):
    scales = {label: charts["subgroups"].scale for label, charts in apart.items()}
    assert (scales["a"] == scales["b"]) == ("subgroups" in joined)
    both = {"a": apart["a"], "b": {**apart["b"], "subgroups": apart["a"]["augmented"]}}
    names = [name for name in joining.joined(both) if name.startswith("subgroups")]
    assert names == ["subgroups_1", "subgroups_2"]


def test_one_run_is_left_as_it_is(apart):
    assert joining.joined({"": apart["a"]}) is apart["a"]


def test_facts_of_several_runs(runs):
    first, second = parts.shared(runs)
    assert first.algorithms == second.algorithms
    assert first.algorithms == (
        *("a: lrr", "a: random", "a: extended_dense", "b: random", "b: extended_dense"),
    )
    assert first.rates == (0.0, 0.2, 0.4)
    assert parts.together([first, second]).rates == (0.0, 0.1, 0.2, 0.4)
    assert parts.together([first, second]).label("b: extended_dense").endswith("(all weights)")


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        (axes.linear("", [0.0, 1.0]), axes.linear("", [5.0, 9.0]), -0.06, 9.24),
        (axes.logarithmic("", [1.0, 9.0]), axes.logarithmic("", [50.0, 900.0]), 0.87, 1070.0),
        (axes.logarithmic("", [1.0, 9.0]), axes.linear("", [-1.0, 0.0]), -1.06, 10.3),
        (axes.percentage("", [0.0, 20.0]), axes.percentage("", [50.0, 100.0]), -0.448, 101.12),
        (axes.density([0.1], None), axes.density([0.01], None), 1.15, 0.0087),
    ],
)
def test_axes_are_joined(one, other, low, high):
    for axis in (axes.joined(one, other), axes.joined(other, one)):
        assert (axis.low, axis.high) == pytest.approx((low, high), rel=0.02)
        assert axis.log == (one.log and other.log)
        ends = sorted((axis.low, axis.high))
        assert 2 <= len(axis.ticks) <= 8
        assert all(ends[0] <= tick <= ends[1] for tick, _ in axis.ticks)
    assert axes.joined(one, one) is one


def test_a_joined_axis_is_called_logarithmic_only_if_it_is():
    log, linear = (
        axes.logarithmic("error, logarithmic", [1.0, 9.0]),
        axes.linear("error", [2.0, 3.0]),
    )
    assert axes.joined(log, linear).title == axes.joined(linear, log).title == "error"
    assert axes.joined(log, replace(log, high=20.0)).title == "error, logarithmic"


def test_categories_are_the_same_everywhere():
    axis = axes.categories("", "abc")
    assert axes.joined(axis, axes.categories("", "abc")) == axis
    assert isinstance(axis, Axis)


def test_labels_are_the_last_folders_that_differ(tmp_path):
    places = [tmp_path / "x" / "run", tmp_path / "y" / "run", tmp_path / "z"]
    assert parts.labels(places[:1]) == [""]
    assert parts.labels(places[1:]) == ["run", "z"]
    assert parts.labels(places) == ["x/run", "y/run", f"{tmp_path.name}/z"]
    with pytest.raises(WrongUse, match="twice"):
        parts.labels([tmp_path / "z", Path(tmp_path, "x", "..", "z")])
