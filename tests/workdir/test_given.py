"""A path that is no workdir: one wording everywhere, and what was meant."""

from pathlib import Path

import pytest
from processes import one_line, run

import pruning_jax as pj
from pruning_jax.errors import WrongUse
from pruning_jax.workdir.given import folder
from pruning_jax.workdir.given import run as held

COMMANDS = {
    "status": [],
    "verify": [],
    "report": [],
    "explore": ["masks"],
    "export": ["--cell=lrr/noise=0.4/seed=20", "--round=5", "--to=net.safetensors"],
}
CALLS = {
    "status": pj.status,
    "load": pj.load,
    "claims": pj.claims,
    "report": pj.report,
    "verify": pj.verify,
    "explore": lambda workdir: pj.explore(workdir, "masks"),
    "export": lambda workdir: pj.export(workdir, "lrr/noise=0.4/seed=20", 5, "net.safetensors"),
}


def begun(workdir):
    """What tells that a run has begun in a folder."""
    (workdir / "cells").mkdir(parents=True)
    (workdir / "config.json").write_text("{}")


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """The folder `runs` with `digits`, seen from above it."""
    monkeypatch.chdir(tmp_path)
    begun(tmp_path / "runs" / "digits")
    return tmp_path / "runs"


MISTYPED = "workdir runs/digit is no directory; did you mean runs/digits?"
HOLDING = "runs is not a workdir itself, but holds runs/digits; name one of them"


@pytest.mark.parametrize("name", CALLS)
def test_every_function_says_what_was_meant(name, runs):
    for given, says in (("runs/digit", MISTYPED), ("runs", HOLDING)):
        with pytest.raises(ValueError, match="workdir") as caught:
            CALLS[name](given)
        assert str(caught.value) == says


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_was_meant(command, runs):
    line = [*COMMANDS[command], "--workdir=runs/digit"]
    done = run(*line, command=command, cwd=runs.parent)
    assert one_line(done) == f"{command}.py: {MISTYPED}"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("runs/Digits", "runs/digits"),
        ("run/digits", "runs/digits"),  # the part of the path that is wrong
        ("runs/mnist", ""),  # like nothing that is there
        ("run/digit", ""),  # two mistakes are not guessed
        ("runs/notes", ""),  # a file, which no other is like
        ("no/such/folder", ""),
    ],
)
def test_the_hint_is_a_directory_that_is_there(given, meant, runs):
    (runs / "notes").write_text("mine")
    with pytest.raises(WrongUse) as caught:
        folder(Path(given))
    hint = f"; did you mean {meant}?" if meant else ""
    assert str(caught.value) == f"workdir {given} is no directory{hint}"


def test_of_many_runs_five_are_named(runs):
    for number in range(6):
        begun(runs / f"r{number}")
    (runs / "tables").mkdir()
    (runs / "notes.txt").write_text("mine")
    with pytest.raises(WrongUse) as caught:
        folder(Path("runs"))
    assert str(caught.value) == (
        "runs is not a workdir itself, but holds runs/digits, runs/r0, runs/r1, runs/r2, runs/r3 "
        "and 2 more; name one of them"
    )


def test_a_run_in_whose_folder_another_lies_is_a_run(runs):
    begun(runs / "digits" / "copy")
    held(runs / "digits")


def test_what_is_left_of_a_run_is_one(tmp_path):
    (tmp_path / "cells").mkdir()
    held(tmp_path)


def test_an_empty_folder_holds_no_run(tmp_path):
    folder(tmp_path)
    with pytest.raises(WrongUse, match="holds no run: it has no config"):
        held(tmp_path)


def test_names_from_a_file_system_are_harmless(tmp_path):
    begun(tmp_path / "a\x1b[31m")
    with pytest.raises(WrongUse) as caught:
        folder(tmp_path)
    assert str(caught.value).isprintable()
