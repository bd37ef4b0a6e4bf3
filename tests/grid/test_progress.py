"""What a user sees while it runs, in each kind of place."""

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from pruning_jax.grid import progress
from pruning_jax.grid.at_work import Progress as At
from pruning_jax.grid.progress import Display, Lines, Terminal
from pruning_jax.wording import percent


def at(round_=1, *, done=True):
    return At("lrr", round_, 0.8**round_, 10 * round_, done)


def test_lines_tell_of_finished_rounds_alone(capsys):
    display = Display(100.0, Lines())
    display.begin("lrr")
    display.show(at(1, done=False), 5.0)
    display.show(at(1), 10.0)
    display.show(at(2), 20.0)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[:4] for line in lines] == [
        ["lrr", "round 1", f"density {percent(0.8)}", "10 % done"],
        ["lrr", "round 2", f"density {percent(0.64)}", "20 % done"],
    ]


def test_a_terminal_has_a_bar_that_says_what_is_compiled():
    screen = Console(file=io.StringIO(), force_terminal=True, width=100)
    with Progress(*Progress.get_default_columns(), console=screen, auto_refresh=False) as bar:
        display = Display(100.0, Terminal(bar))
        display.begin("lrr")
        bar.refresh()
        assert "lrr  compiling" in screen.file.getvalue()
        display.show(at(3, done=False), 50.0)
        bar.refresh()
    assert f"lrr  round 3  density {percent(0.512)}" in screen.file.getvalue()
    assert bar.tasks[0].completed == 0.5


def test_a_long_name_is_not_cut_in_80_columns():
    name = "extended_dense_width_0.0283_without_noisy"
    screen = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    with progress.bar_in(screen) as bar:
        Terminal(bar).update(f"{name}  round 12  density {percent(0.0687)}", 0.5, "5 min 20 s")
        bar.refresh()
    shown = screen.file.getvalue()
    assert "…" not in shown
    assert "50 %  5 min 20 s left" in shown
    assert name in shown


def test_more_than_was_estimated_is_not_more_than_all(capsys):
    display = Display(10.0, Lines())
    display.show(at(), 10.5)
    assert "100 % done  0 s left" in capsys.readouterr().out


class Clock:
    """A made-up clock, a screen that keeps the seconds left, and a display of both."""

    drawn_again = False

    def __init__(self, monkeypatch, total=100.0, behind=0.0):
        self.now, self.left = 0.0, []
        monkeypatch.setattr(progress.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(progress, "duration", lambda seconds: seconds)
        self.display = Display(total, self)
        self.display.begin("lrr", behind)

    def update(self, text, part, left):
        self.left.append(round(left, 1))

    def show(self, seconds, done, name="lrr", round_=1):
        """After so many seconds more, so much is done."""
        self.now += seconds
        self.display.show(At(name, round_, 0.8**round_, 10 * round_, True), done)


def test_the_time_left_is_corrected_by_what_is_seen(monkeypatch):
    """Estimated at 100 s; each estimated second takes three. It nears 240 and 150 s from below."""
    clock = Clock(monkeypatch)
    for seconds, done in ((0, 0.0), (30, 10.0), (30, 20.0), (90, 50.0)):
        clock.show(seconds, done)
    assert clock.left == [100.0, 180.0, 186.7, 133.3]


def test_what_is_compiled_in_the_middle_does_not_make_the_time_left_jump(monkeypatch):
    """Six groups, of which each compiles for 6 of its 6.5 s: half before the first step, half
    before the first round is done. All takes as long as it was estimated to."""
    clock = Clock(monkeypatch, total=39.0, behind=6.0)
    for group in range(6):
        behind = 6.5 * group + 6.0
        clock.display.begin("lrr", behind)
        clock.show(3.0, behind, "dense", 0)
        clock.show(3.1, behind + 0.1)
        assert 0.6 < clock.left[-1] / (39.0 - clock.now) < 1.1
        clock.show(0.4, behind + 0.5, round_=2)
        assert clock.left[-1] == pytest.approx(39.0 - clock.now)


def test_a_slow_compilation_weighs_less_and_less(monkeypatch):
    """The first programs take 30 s instead of 5; then all goes as it was estimated."""
    clock = Clock(monkeypatch, total=100.0, behind=5.0)
    clock.show(30.0, 5.0, "dense", 0)
    for done in range(10, 100, 10):
        clock.show(10.0 if done > 10 else 5.0, float(done))
    truth = range(90, 0, -10)
    too_much = [left / true for left, true in zip(clock.left[1:], truth, strict=True)]
    assert too_much == sorted(too_much, reverse=True)
    assert too_much[-1] < 1.3


def test_a_run_that_goes_on_does_not_count_what_was_done_before(monkeypatch):
    """An earlier process did half of the group; here its programs took 5 s, as estimated."""
    clock = Clock(monkeypatch, total=105.0, behind=5.0)
    clock.show(5.0, 55.0)
    clock.show(20.0, 75.0)
    assert clock.left == [50.0, 30.0]


def test_rounds_that_a_collapse_left_out_do_not_count_as_fast(monkeypatch):
    """All goes as it was estimated, but 30 of the 40 s of the first algorithm are left out."""
    clock = Clock(monkeypatch)
    clock.show(0.0, 0.0, "dense", 0)
    clock.show(10.0, 10.0)
    clock.show(1.0, 41.0, "random")
    clock.show(20.0, 61.0, "random")
    assert clock.left[1] == 90.0
    assert clock.left[2:] == pytest.approx([59.0, 39.0], rel=0.06)


@pytest.mark.parametrize("begun", [False, True])
def test_only_of_a_run_that_has_begun_some_may_be_done(begun, capsys):
    with progress.display(100.0, begun):
        pass
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("about 1 min 40 s for all of it")
    assert line.endswith("of which some may be done already") == begun


@pytest.mark.slow
def test_a_notebook_has_one_bar_that_is_drawn_again(monkeypatch):
    """In a real kernel: one output, updated; nothing is printed for each round."""
    monkeypatch.setenv("PYTHONWARNINGS", "")  # a kernel's own warnings are not errors of ours
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    code = (
        "from pruning_jax.grid.at_work import Progress\n"
        "from pruning_jax.grid.progress import display\n"
        "with display(100.0, begun=False) as shown:\n"
        "    shown.begin('<lrr>')\n"
        "    for round_ in (1, 2, 3):\n"
        "        shown.show(Progress('<lrr>', round_, 0.8**round_, 0, True), 25.0 * round_)\n"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, timeout=120).execute()
    printed, bar = notebook.cells[0].outputs
    assert printed.text == "about 1 min 40 s for all of it\n"
    assert bar.data["text/plain"].startswith(
        f"<lrr>  round 3  density {percent(0.512)}  75 % done  "
    )
    assert '<progress value="0.7500"' in bar.data["text/html"]
    assert "&lt;lrr&gt;" in bar.data["text/html"]
