"""How far a run is, on a page of 80 columns."""

import time
from collections import Counter
from dataclasses import replace

import pytest

import pruning_jax as pj
from pruning_jax.grid import session
from pruning_jax.wording import percent
from pruning_jax.workdir import standing
from pruning_jax.workdir.conditions import FAILED, FINISHED, IMPOSSIBLE, OPEN, RUNNING, STATES
from pruning_jax.workdir.standing import Standing, Working


@pytest.fixture(scope="module")
def experiment():
    """The digits job with all of its controls."""
    return session.checked(pj.config("digits"))[0]


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def made(experiment, state_of, **more):
    """A standing in which every cell has the state that a function gives it."""
    states = {cell: state_of(cell) for cell in experiment.cells}
    counts = Counter(states.values())
    lines = standing._lines(experiment, {}, states)
    known = {"processes": [], "failures": [], "seconds_of_work": 100.0, "seconds_left": None}
    return Standing(
        workdir="runs/digits",
        finished=all(state in (FINISHED, IMPOSSIBLE) for state in states.values()),
        cells=len(states),
        states={state: counts[state] for state in STATES},
        lines=lines,
        **{**known, **more},
    )


def rows(page):
    """The rows of the table: the first two columns, and what follows them."""
    return {
        (name, " ".join(noise.split())): cells
        for line in page.splitlines()
        if len(parts := line.split("  ")) > 2
        for name, noise, cells in [[part.strip() for part in parts if part.strip()]]
    }


def test_controls_that_are_finished_are_counted(experiment):
    page = str(made(experiment, lambda cell: FINISHED))
    assert page.splitlines()[0] == "306 of 306 cells are finished (0 rounds)."
    assert page.splitlines()[-1] == "28 controls, all finished"
    assert len(rows(page)) == 1 + 4 * 2
    assert rows(page)["random", "40 %"] == "6 finished"


def test_a_page_of_80_columns_holds_every_control(experiment):
    """Nothing is cut and no row is folded, although no cell of a family is as the next one."""

    def state(cell):
        return [FINISHED, RUNNING, OPEN][cell.seed % 3]

    page = str(made(experiment, state))
    lines = page.splitlines()
    assert max(map(len, lines)) <= 80
    assert "…" not in page
    found = rows(page)
    assert found["extended_dense_width_*_without_noisy", "40 %"] == (
        "18 finished, 18 running, 18 open"
    )
    assert found["without_top_improved_*", "0 %"] == "6 finished, 6 running, 6 open"
    assert len(found) == 1 + 4 * 2 + 4 + 2 * 3 + 1  # heads, no control, without noisy, others
    assert len(lines) == 2 + 1 + len(found) + 1  # the sum, and the line below the heads
    assert "controls" not in page


def test_one_control_is_called_by_its_name(experiment):
    left = "without_random_12"
    page = str(made(experiment, lambda cell: FAILED if cell.algorithm == left else FINISHED))
    assert rows(page)[left, "0 %"] == "6 failed"
    assert "27 controls, all finished" in page


def test_the_sum_says_who_is_at_work(experiment):
    one = Working("node7", 12, "", "2026-11-29T13:17:00+00:00", "training", "", [])
    page = str(made(experiment, lambda cell: OPEN))
    assert "Nobody is at work; the rest takes about 1 min 40 s for one process." in joined(page)
    page = str(made(experiment, lambda cell: OPEN, processes=[one], seconds_left=50.0))
    assert "1 process is at work; the rest takes about 50 s." in joined(page)
    both = [one, replace(one, pid=13)]
    page = str(made(experiment, lambda cell: OPEN, processes=both, seconds_of_work=None))
    assert "2 processes are at work; how long the rest takes cannot be said yet." in joined(page)


def joined(page):
    return " ".join(page.split())


def test_times_are_by_the_clock_here(experiment, monkeypatch):
    monkeypatch.setenv("TZ", "XYZ-2")  # two hours ahead of UTC
    time.tzset()
    try:
        held = [list(cell) for cell in experiment.cells[:12]]
        now = "2026-11-29T22:17:00+00:00"
        process = Working("node7", 12, "5_1", now, "training", now, held)
        page = joined(str(made(experiment, lambda cell: OPEN, processes=[process])))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert (
        "Process 12 on node7, job 5_1, since 2026-11-30 00:17: training lrr since 2026-11-30 "
        "00:17 (noise 0 %, 40 %; seeds 20, 21, 22, 23, 24, 25)"
    ) in page
    assert "+00:00" not in page


def test_what_cannot_run_is_said(experiment):
    tied = "without_top_improved_05"
    page = joined(
        str(made(experiment, lambda cell: IMPOSSIBLE if cell.algorithm == tied else FINISHED))
    )
    assert "12 cannot run because the networks that decide their examples diverged." in page
    assert f"{tied} {percent(0.4)} 6 cannot run".replace("\N{NO-BREAK SPACE}", " ") in page


def test_brackets_in_an_error_are_shown(experiment):
    page = str(made(experiment, lambda cell: OPEN, failures=["[red] is no shape"]))
    assert "A group ended with an error and is taken last: [red] is no shape" in page
