"""What was explored is shown by the report."""

import math

import pandas as pd
import pytest

import pruning_jax as pj
from pruning_jax.plugins import EXPLORATIONS
from pruning_jax.reporting import gallery
from pruning_jax.reporting.facts import facts_of
from pruning_jax.workdir import paths


@pytest.mark.slow
def test_nothing_is_said_of_what_nobody_has_explored(run):
    pj.report(run.workdir)
    page = paths.report(run.workdir).read_text()
    for make in gallery.EXPLORED:
        assert f'id="{make.__name__}"' not in page
        assert not paths.figure(run.workdir, make.__name__, "png").exists()


@pytest.mark.slow
def test_every_exploration_has_a_figure_and_links_to_its_table(run):
    names = [make.__name__ for make in gallery.EXPLORED]
    assert {*names} == {*EXPLORATIONS.names}
    for name in names:
        pj.explore(run, name, rounds=(0, 2, 3))
    done = pj.report(run.workdir)
    page, facts = paths.report(run.workdir).read_text(), facts_of(run.rows)
    for make, name in zip(gallery.EXPLORED, names, strict=True):
        assert paths.figure(run.workdir, name, "png") in done.figures
        assert f'href="explored/{name}.csv"' in page
        table = pd.read_parquet(paths.explored(run.workdir, name, "parquet"))
        chart = make({f"explored/{name}": table}, facts)
        lines = [series for frame in chart.frames for series in frame.series]
        assert all(len({*series.x}) == len(series.x) for series in lines), name
        points = [y for frame in chart.frames for series in frame.series for y in series.y]
        drawn = any(math.isfinite(y) for y in points) or any(frame.heat for frame in chart.frames)
        assert drawn, name


@pytest.mark.slow
def test_a_damaged_table_is_a_line_of_the_report(run):
    pj.explore(run, "masks", rounds=[0])
    paths.explored(run.workdir, "masks", "parquet").write_bytes(b"PAR1")
    assert [line for line in pj.report(run.workdir).missing if "masks.parquet" in line]
