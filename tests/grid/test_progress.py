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
    assert "100 % done" in capsys.readouterr().out


def test_the_time_left_is_corrected_by_what_is_seen(monkeypatch):
    """Estimated at 100 s; each estimated second takes three."""
    now = iter([0.0, 30.0, 60.0, 150.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    shown = []

    class Screen(Lines):
        def update(self, text, part, left):
            shown.append(left)

    display = Display(100.0, Screen())
    for done in (0.0, 10.0, 20.0, 50.0):
        display.show(at(), done)
    assert shown == ["1 min 40 s", "1 min 30 s", "4 min 00 s", "2 min 30 s"]


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
