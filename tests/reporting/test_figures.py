"""Charts on paper."""

import dataclasses
import itertools
import math
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
import report_rows
from matplotlib.colors import to_rgb

from pruning_jax.reporting import axes, chart, figures
from pruning_jax.reporting.chart import Frame, Series, Style
from pruning_jax.wording import noise


def lightness(colour):
    """CIE L* of a colour."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * y ** (1 / 3) - 16


@pytest.mark.parametrize("colours", [chart.DIVERGING, chart.SEQUENTIAL])
def test_colours_of_heat_maps_keep_their_order_in_grey(colours):
    steps = np.diff([lightness(colour) for colour in colours])
    assert (steps > 3).all()


def test_series_differ_in_more_than_colour():
    looks = {(s.marker % 8, s.dash % 4) for s in (Style(i, i, i) for i in range(8))}
    assert len(looks) == 8
    assert len(chart.COLOURS) == len(chart.MARKERS) == len(figures.MARKERS) == 8


def test_every_frame_is_there_with_labelled_axes_inside_the_figure(charts):
    for name, one in charts.items():
        figure = figures.draw(one)
        shown = [a for a in figure.axes if a.get_visible()]
        assert len(shown) == len(one.frames) + (one.scale is not None)
        assert_inside(figure, name)


def assert_inside(figure, name):
    """Nothing is cut off at the figure's edge."""
    figure.canvas.draw()
    box = figure.get_tightbbox()
    assert box.x0 > -0.05, name
    assert box.y0 > -0.05, name
    assert box.x1 < figure.get_figwidth() + 0.05, name
    assert box.y1 < figure.get_figheight() + 0.05, name


def test_a_figure_of_one_noise_rate_holds_its_legend(charts):
    """It is narrow, so that less of the legend stands side by side."""
    for name, one in charts.items():
        for column in one.columns:
            own = tuple(frame for frame in one.frames if frame.column == column)
            assert_inside(figures.draw(dataclasses.replace(one, frames=own)), name)


@pytest.mark.slow
def test_no_two_ticks_of_an_axis_run_into_each_other(charts):
    for name, one in charts.items():
        figure = figures.draw(one)
        figure.canvas.draw()
        for drawn in figure.axes[: len(one.frames)]:
            boxes = [t.get_window_extent() for t in drawn.get_xticklabels() if t.get_text()]
            for left, right in itertools.pairwise(boxes):
                assert left.x1 < right.x0 or right.x1 < left.x0, name


def test_figures_show_the_numbers_of_the_chart(charts, only):
    axis = figures.draw(charts["test_error"]).axes[0]
    series = only(charts["test_error"], 0.0, "lrr")
    assert any(np.array_equal(line.get_ydata(), series.y) for line in axis.lines)
    assert axis.get_xlim()[0] > axis.get_xlim()[1]
    assert axis.get_xlabel() == "density and weights remaining"


@pytest.mark.parametrize("name", [*report_rows.HOSTILE, "$x^{", "_hidden", "a\\b", "剪枝", "%{y}"])
def test_any_name_can_be_drawn(name, tmp_path):
    series = Series(
        name, Style(0, 0, 0), (1.0, 0.5), (1.0, 2.0), (0.0, math.nan), (2.0, math.nan), ("", "")
    )
    x, y = axes.density([1.0, 0.5], 100.0), axes.linear(name, [0.0, 2.0])
    odd = chart.Chart(name, "", (Frame(name, name, x, y, (series,)),), "")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figures.write(odd, [tmp_path / "odd.pdf", tmp_path / "odd.png"])
        legend = figures.draw(odd).legends[0].get_texts()
    assert [t.get_text().replace("\\$", "$").strip() for t in legend] == [name]
    assert (tmp_path / "odd.pdf").read_bytes().startswith(b"%PDF")


def test_a_figure_of_accuracy_for_each_noise_rate(rows):
    figure = figures.accuracy(rows.query("control_of == ''"))
    assert [a.get_title(loc="left") for a in figure.axes] == [noise(r) for r in (0.0, 0.2, 0.4)]
    plt.close("all")
