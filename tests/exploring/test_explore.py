"""What all explorations have in common: choosing networks, keeping rows, going on, complaining."""

import ast
import re
from pathlib import Path

import pandas as pd
import processes
import pytest

import pruning_jax as pj
from pruning_jax.errors import WrongUse
from pruning_jax.exploring import explore as exploring
from pruning_jax.exploring import written
from pruning_jax.exploring.exploration import Choice, networks
from pruning_jax.plugins import EXPLORATIONS
from pruning_jax.testing import check_exploration
from pruning_jax.workdir import examine, paths

KEYS = ["algorithm", "noise_rate", "seed", "round"]


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPLORATIONS.names)
def test_it_keeps_the_laws(name):
    check_exploration(name)


def test_the_command_tells_of_every_exploration():
    source = (Path(pj.__file__).parent / "explore.py").read_text()
    listed = str(ast.get_docstring(ast.parse(source))).split("what to look at:")[1]
    assert re.findall(r"^  (\w+)  ", listed, re.M) == sorted(EXPLORATIONS.names)


def test_networks_are_chosen(run):
    every = [*networks(run, Choice())]
    assert {n.algorithm for n in every} == {"lrr", "random", "extended_dense"}
    assert len({*every}) == len(every)
    few = [*networks(run, Choice(("lrr",), (0.4,), (1,), (0, 2)))]
    assert [tuple(n) for n in few] == [("lrr", 0.4, 1, 0), ("lrr", 0.4, 1, 2)]
    control = next(name for name in run.rows.algorithm if "width" in name)
    assert {n.algorithm for n in networks(run, Choice((control,)))} == {control}


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        (Choice(("lr",)), "algorithm 'lr' is not one of .*; did you mean lrr?"),
        (Choice(rounds=(9,)), "round 9 is not one of 0, 1, 2, 3"),
        (Choice(noise_rates=(0.3,)), "noise_rate 0.3 is not one of 0.0, 0.4"),
        (Choice(seeds=(5,)), "seed 5 is not one of 0, 1"),
    ],
)
def test_what_is_not_there_cannot_be_chosen(run, choice, says):
    with pytest.raises(WrongUse, match=says):
        exploring.explore(run, "masks", choice)


def test_rows_are_kept_and_not_made_again(run, monkeypatch):
    few = pj.explore(run, "masks", algorithms=["lrr"], rounds=[1])
    seen = []
    every = exploring.explore(run, "masks", told=lambda unit, before, all_: seen.append(unit))
    assert not [unit for unit in seen if unit[0].algorithm == "lrr" and unit[0].round == 1]
    both = every.merge(few, how="inner")
    assert len(both) == len(few)
    kept = pd.read_parquet(paths.explored(run.workdir, "masks", "parquet"))
    written = pd.read_csv(paths.explored(run.workdir, "masks", "csv"), keep_default_na=False)
    pd.testing.assert_frame_equal(kept, written)
    assert len(kept) == len(every)
    again = exploring.explore(run, "masks", told=lambda *unit: pytest.fail(f"{unit} is made again"))
    pd.testing.assert_frame_equal(again, every)


def test_what_another_process_finds_meanwhile_is_kept(run):
    def told(unit, before, count):
        if not before:
            exploring.explore(run, "masks", Choice(algorithms=("random",), rounds=(2,)))

    own = exploring.explore(run, "masks", Choice(algorithms=("lrr",), rounds=(0, 1)), told=told)
    assert {*own["algorithm"]} == {"lrr"}
    there = pd.read_parquet(run.workdir / "explored" / "masks.parquet")
    assert {*zip(there["algorithm"], there["round"], strict=True)} == {
        *(("lrr", round_) for round_ in (0, 1)),
        ("random", 2),
    }
    assert len(pd.read_csv(run.workdir / "explored" / "masks.csv")) == len(there)


def test_what_an_interrupted_call_has_found_is_kept(run):
    def stop(unit, before, all_):
        if before == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exploring.explore(run, "masks", told=stop)
    kept = pd.read_parquet(paths.explored(run.workdir, "masks", "parquet"))
    assert len(kept[KEYS].drop_duplicates()) == 3
    alone = exploring.explore(run, "masks")
    assert alone.merge(kept, how="inner").shape == kept.shape


def test_verify_knows_the_folder(run):
    pj.explore(run, "masks", rounds=[0])
    assert examine.examine(run.workdir).holds
    (run.workdir / "explore").mkdir()
    assert not examine.examine(run.workdir).holds


def test_a_damaged_table_is_said(run):
    pj.explore(run, "masks", rounds=[0])
    path = paths.explored(run.workdir, "masks", "parquet")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(WrongUse, match=r"masks\.parquet cannot be read.*move the file away"):
        pj.explore(run, "masks")


def test_an_unknown_exploration_is_refused(run):
    with pytest.raises(WrongUse, match=r"exploration .mask. is not one of .*did you mean masks"):
        pj.explore(run, "mask")
    with pytest.raises(WrongUse, match="it must be a pruning_jax"):
        pj.explore(run, "pruning_jax.exploring.exploration:Choice")


def test_settings_are_checked(run):
    with pytest.raises(WrongUse, match="setting steps: masks has no settings"):
        pj.explore(run, "masks", steps=3)


STOPPING = """
import os, signal
from pruning_jax.exploring.exploration import Exploration, each
from pruning_jax.workdir.columns import NUMBER, Column

def look(bench, unit, settings):
    if unit[0].round == 2 and "STOP" in os.environ:
        os.kill(os.getpid(), signal.SIGINT)
    return [{"round_again": float(unit[0].round)}]

EXPLORATION = Exploration("rounds", each, look, (Column("round_again", NUMBER, "", "The round."),))
"""


def test_control_c_is_a_line_and_the_same_command_goes_on(run, tmp_path):
    (tmp_path / "my_stop.py").write_text(STOPPING)
    line = ["my_stop:EXPLORATION", f"--workdir={run.workdir}", "--algorithms=lrr", "--seeds=0"]
    stopped = processes.run(*line, command="explore", cwd=tmp_path, STOP="1")
    assert stopped.returncode == 75
    assert stopped.stderr.splitlines()[-1] == "explore.py: stopped; the same command goes on"
    assert "Traceback" not in stopped.stderr
    kept = pd.read_csv(paths.explored(run.workdir, "my_stop", "csv"))
    assert set(kept["round"]) == {0, 1}
    done = processes.run(*line, command="explore", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    every = pd.read_csv(paths.explored(run.workdir, "my_stop", "csv"))
    assert set(every["round"]) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("text", "meant"),
    [("0,5,10", [0, 5, 10]), ("1-3", [1, 2, 3]), ("0,5-5,8-9", [0, 5, 8, 9]), ("", [])],
)
def test_rounds_and_seeds_are_lists_with_ranges(text, meant):
    assert written.whole("rounds", [part for part in text.split(",") if part]) == meant


@pytest.mark.parametrize("text", ["(1", "3-1", "1-", "-", "1.5", "two", "1:3", "0-9999999999"])
def test_a_list_that_cannot_be_read_says_how_it_is_written(text):
    with pytest.raises(WrongUse) as caught:
        written.whole("rounds", ["0", text])
    assert str(caught.value) == (
        f"--rounds: {text!r} is neither a whole number nor a range; write them with commas, as in "
        "--rounds=0,5,10-20"
    )


def test_a_range_on_the_command_line(run):
    line = ["masks", f"--workdir={run.workdir}", "--algorithms=lrr", "--seeds=0", "--rounds=1-2"]
    done = processes.run(*line, command="explore")
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(paths.explored(run.workdir, "masks", "csv"))
    assert set(found["round"]) == {1, 2}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("--rounds=(1,2)", "--rounds: '(1' is neither a whole number nor a range; write them with"),
        ("--noise_rates=(0,0.4)", "'(0' is not a number; write fractions with commas, as in"),
        ("--set=steps=x", "--set=steps=x: 'x' is not a number; write it as --set=steps=30"),
    ],
)
def test_a_wrong_number_is_one_line_with_an_example(given, says, run):
    line = processes.run("masks", f"--workdir={run.workdir}", given, command="explore")
    assert says in processes.one_line(line)
