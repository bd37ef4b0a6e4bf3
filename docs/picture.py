"""Draws the picture in the README: the result of the default job at a glance.

  python docs/picture.py runs/digits docs/figures/digits.png

The picture is drawn for a width of 900 pixels. Its ground is white and not transparent, because
black words on a page in dark mode could not be read.
"""

import sys
from dataclasses import replace
from pathlib import Path

from matplotlib.figure import Figure

from pruning_jax.analysis import answers
from pruning_jax.files import replace as replace_file
from pruning_jax.reporting import axes, figures
from pruning_jax.reporting.chart import Chart, Frame
from pruning_jax.reporting.charts.accuracy import accuracy
from pruning_jax.reporting.facts import facts_of
from pruning_jax.wording import several
from pruning_jax.workdir.collect import collect

NAMES = {
    "lrr": "pruned, learning rate rewound",
    "weight_rewinding": "pruned, weights rewound",
    "extended_dense": "not pruned, trained as long",
    "random": "pruned at random",
}
"""What the algorithms of the default job do, in words."""

INCHES, DOTS = 9.0, 200  # 1800 pixels, so that it is sharp where it is shown at 900
SPAN = 30.0  # points of accuracy in every frame, so that equal slopes mean equal losses


def chart(workdir: Path) -> Chart:
    """Test accuracy over density, in words that a newcomer understands."""
    run = collect(workdir)
    order = [algorithm.name for algorithm in run.experiment.algorithms] if run.experiment else []
    made = accuracy(answers.tables(run, []), facts_of(run.rows, order))
    seeds = several(len({*run.rows["seed"]}), "seed")
    title = f"What pruning does to the test accuracy (mean over {seeds} with 95 % interval)"
    return replace(made, frames=tuple(frame(one, title) for one in made.frames))


def frame(one: Frame, title: str) -> Frame:
    """A frame of the chart under a title, with the same span as the others."""
    top = max(value for series in one.series for value in series.high)
    y = axes.linear(one.y.title, [top - SPAN, top])
    named = (replace(s, name=NAMES.get(s.algorithm, s.name)) for s in one.series)
    return replace(one, row=title, y=y, series=tuple(named))


def draw(made: Chart) -> Figure:
    """The picture: the frames of the chart side by side."""
    count = len(made.columns)
    figure = figures.draw(made, width=(INCHES - figures.EDGE) / count, height=2.6)
    middle = len(made.frames) // 2  # the line is free of curves there
    figure.axes[middle].annotate(
        "dense network",
        (1.0, made.frames[middle].reference or 0.0),
        (-4, 4),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        fontsize=7.5,
    )
    return figure


if __name__ == "__main__":
    workdir, target = map(Path, sys.argv[1:])
    picture = draw(chart(workdir))
    replace_file(target, lambda file: picture.savefig(file, dpi=DOTS, format="png"))
