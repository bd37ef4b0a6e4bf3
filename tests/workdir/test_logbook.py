"""What a process prints: the file with it, and the events for other programs."""

import io
import json
import re
import sys

import pytest
from processes import full_disk
from rich.console import Console
from rich.progress import Progress

from pruning_jax.errors import WrongUse
from pruning_jax.workdir import logbook


def written(workdir):
    (path,) = (workdir / "logs").iterdir()
    return path.read_text().splitlines()


def plain(lines):
    """The lines without their times, of which each has one."""
    found = [re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (.*)", line) for line in lines]
    return [match.group(1) for match in found if match]


def test_what_was_printed_before_the_workdir_was_fit_is_there_too(tmp_path, capsys):
    with logbook.kept():
        print("before")
        logbook.begin(tmp_path)
        print("after, ", end="")
        print("in two parts")
        print("an error", file=sys.stderr)
    print("when it is over")
    assert plain(written(tmp_path)) == ["before", "after, in two parts", "an error"]
    printed = capsys.readouterr()
    assert printed.out == "before\nafter, in two parts\nwhen it is over\n"
    assert printed.err == "an error\n"


def test_what_is_refused_leaves_no_file(tmp_path):
    with pytest.raises(WrongUse), logbook.kept():
        raise WrongUse("no")
    assert not list(tmp_path.iterdir())


def test_an_error_is_logged_with_its_traceback(tmp_path):

    def fails():
        with logbook.kept():
            logbook.begin(tmp_path)
            return 1 / 0

    with pytest.raises(ZeroDivisionError):
        fails()
    lines = written(tmp_path)
    assert "Traceback (most recent call last):" in lines
    assert lines[-1] == "ZeroDivisionError: division by zero"


def test_a_bar_that_is_drawn_again_is_one_line(tmp_path):
    stream = io.StringIO()
    screen = logbook.Printed(stream)
    with logbook.kept():
        logbook.begin(tmp_path)
        console = Console(file=screen, force_terminal=True, width=60)  # type: ignore[arg-type]
        with Progress(console=console, auto_refresh=False) as bar:
            task = bar.add_task("training", total=3)
            for _ in range(3):
                bar.advance(task)
                bar.refresh()
    assert "\x1b" in stream.getvalue()
    (line,) = plain(written(tmp_path))
    assert line.startswith("training")
    assert "100%" in line


def test_a_full_disk_ends_the_log_alone(tmp_path, capfd):
    with logbook.kept(), full_disk(100):
        logbook.begin(tmp_path)
        for _ in range(10):
            print("a line")
    assert capfd.readouterr().out == "a line\n" * 10
    assert capfd.readouterr().err == ""


def test_a_second_process_of_that_number_goes_on_below(tmp_path):
    for text in ("first", "second"):
        with logbook.kept():
            logbook.begin(tmp_path)
            print(text)
    assert plain(written(tmp_path)) == ["first", "second"]


def test_events_are_json_objects(tmp_path, capsys):
    with logbook.kept(as_events=True):
        logbook.begin(tmp_path)
        print("a note")
        assert logbook.emit("round", algorithm="lrr", round=3)
    assert not logbook.emit("round", round=4)
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(event.pop("time").endswith("Z") for event in events)
    assert events == [
        {"event": "message", "text": "a note"},
        {"event": "round", "algorithm": "lrr", "round": 3},
    ]


def test_a_refusal_is_an_event(capsys):
    with pytest.raises(WrongUse), logbook.kept(as_events=True):
        raise WrongUse("epochs 0 is not above 0")
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["event"] == "failed"
    assert json.loads(line)["text"] == "epochs 0 is not above 0"
