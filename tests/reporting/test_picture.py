"""The script that draws the picture in the README."""

import runpy
from pathlib import Path

import matplotlib.image
import numpy as np
import processes
import pytest


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(processes.ROOT / "docs" / "picture.py"))


def test_it_draws_a_workdir(script, run):
    chart = script["chart"](run.workdir)
    assert len(chart.frames) == 3
    assert "pruned, learning rate rewound" in chart.legend
    spans = [frame.y.high - frame.y.low for frame in chart.frames]
    np.testing.assert_allclose(spans, spans[0])
    figure = script["draw"](chart)
    assert figure.get_figwidth() == script["INCHES"]
    figure.canvas.draw()
    assert figure.get_tightbbox().x1 < script["INCHES"] + 0.05


def test_the_picture_is_as_wide_as_a_page_and_has_a_white_ground(script):
    pixels = matplotlib.image.imread(Path(processes.ROOT, "docs", "figures", "digits.png"))
    assert pixels.shape[1] == script["INCHES"] * script["DOTS"]
    assert (pixels[0] == 1).all()
