"""One made-up run, its tables and its charts, for all tests of reports."""

import pytest
import report_rows

from pruning_jax.analysis import answers
from pruning_jax.reporting import gallery
from pruning_jax.reporting.facts import facts_of
from pruning_jax.workdir.collect import collect

ORDER = ("lrr", "random", "extended_dense")


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    return collect(report_rows.workdir(tmp_path_factory.mktemp("made_up")))


@pytest.fixture(scope="session")
def rows(run):
    return run.rows


@pytest.fixture(scope="session")
def tables(run):
    problems = []
    computed = answers.tables(run, problems)
    assert not problems
    return computed | {"subgroups": report_rows.subgroups()}


@pytest.fixture(scope="session")
def facts(rows):
    return facts_of(rows, ORDER)


@pytest.fixture(scope="session")
def charts(tables, facts):
    """Every chart of the gallery, by name."""
    problems = []
    made = gallery.charts(tables, facts, problems)
    assert not problems
    return made


@pytest.fixture(scope="session")
def only():
    """A function that gives the series of an algorithm in the first frame of a noise rate."""

    def find(chart, rate, name):
        frame = next(f for f in chart.frames if f.noise_rate == rate)
        return next(s for s in frame.series if s.algorithm == name)

    return find
