"""report: everything from a whole run; from a broken one what can be shown, and what cannot."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import processes
import pyarrow.parquet as pq
import pytest
import report_rows

from pruning_jax.analysis import answers
from pruning_jax.experiment.cells import Cell
from pruning_jax.workdir import cellfiles
from pruning_jax.workdir.collect import collect
from pruning_jax.workdir.columns import SCHEMA

SMALL = report_rows.experiment(names=("lrr",), rates=(0.0, 0.4), seeds=(0, 1))
LRR = Cell("lrr", 0.4, 0)
FIGURES = (
    "claim_size",
    "claim_training",
    "claim_noise",
    "claim_factors",
    "test_error",
    "training_loss",
    "degradation",
    "memorisation",
    "two_factors",
    "tie",
    "subgroups",
    "augmented",
    "descent",
)


def report(workdir, *arguments):
    return processes.run(f"--workdir={workdir}", *arguments, command="report")


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A made-up run."""
    return processes.once(tmp_path_factory, "made", lambda f: report_rows.workdir(f, SMALL))


@pytest.fixture
def workdir(made, tmp_path):
    """A copy of it."""
    return Path(shutil.copytree(made, tmp_path / "run"))


@pytest.fixture(scope="session")
def reported(made, tmp_path_factory):
    """A copy with its report."""

    def make(folder):
        shutil.copytree(made, folder)
        done = report(folder)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""

    return processes.once(tmp_path_factory, "reported", make)


def problems(workdir):
    """What collect says of files."""
    return collect(workdir).problems


def change(path, how):
    """Changes a table of rounds."""
    pq.write_table(how(pq.ParquetFile(path).read()), path)


# A whole run.


def test_every_figure_and_table_is_written(reported):
    for name in FIGURES:
        assert (reported / "figures" / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        assert (reported / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    text = (reported / "report.html").read_text()
    linked = set(re.findall(r'href="((?:figures|tables)/[^"]+)"', text))
    assert len(linked) > 20
    for link in linked:
        assert (reported / link).is_file(), link
    assert not list(reported.rglob("*.tmp"))


def test_tables_are_those_of_the_analyses(reported):
    tables = answers.tables(collect(reported), [])
    assert len(tables) > 10
    for name, table in tables.items():
        path = reported / "tables" / f"{name}.csv"
        assert path.exists() == bool(len(table)), name
        if len(table):
            pd.testing.assert_frame_equal(
                pd.read_csv(path), table.reset_index(drop=True), check_dtype=False
            )


def test_the_union_is_rebuilt_from_the_cells(reported, made):
    rows = pq.read_table(reported / "rounds.parquet").to_pylist()
    parts = [
        r
        for p in made.glob("cells/*/*/*/rounds.parquet")
        for r in cellfiles.read_table(p).to_pylist()
    ]
    keys = ("algorithm", "noise_rate", "seed", "round")
    parts.sort(key=lambda row: [row[key] for key in keys])
    assert len(rows) == len(parts)
    assert repr(rows) == repr(parts)


def test_it_says_how_it_was_run(reported):
    text = (reported / "report.html").read_text()
    for words in (
        "every cell is finished",
        "0123456789abcdef",
        "jax 0.10.2",
        "epochs 40",
        f"--workdir={reported}",
        "python -m pruning_jax.report",
        "44,200 prunable",
    ):
        assert words in text
    assert 'class="problems"' not in text


@pytest.mark.slow
def test_again_it_writes_the_same_and_removes_what_is_no_longer_true(reported, tmp_path):
    again = Path(shutil.copytree(reported, tmp_path / "run"))
    for folder in again.glob("cells/*without*"):
        shutil.rmtree(folder)
    done = report(again)
    assert done.returncode == 0, done.stderr
    for lost in ("figures/tie.pdf", "figures/tie.png", "tables/tie.csv", "figures/degradation.pdf"):
        assert (reported / lost).exists()
        assert not (again / lost).exists()
    same = "figures/training_loss.png"
    assert (again / same).read_bytes() == (reported / same).read_bytes()
    text = (again / "report.html").read_text()
    assert "lrr_without_noisy: 2 of 2 cells are not finished" in text
    assert "This figure needs a noise rate above 0 and networks that are trained" in text


# What is broken.


def test_a_whole_run_has_no_problems(workdir):
    run = collect(workdir)
    assert not run.problems
    assert not run.unfinished
    assert not run.diverged
    assert run.whole
    assert len(run.rows) == sum(len(part) for part in report_rows.rows(SMALL).values())
    assert list(run.rows.columns) == SCHEMA.names


def test_a_truncated_file_costs_its_cell(workdir):
    path = workdir / LRR.folder / "rounds.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    run = collect(workdir)
    (line,) = run.problems
    assert line.startswith(f"{path} cannot be read: ")
    assert not run.whole
    assert not len(run.rows.query("algorithm == 'lrr' and noise_rate == 0.4 and seed == 0"))
    assert any("noise 0.4, seed 0 (0 of 13 rounds)" in line for line in run.unfinished)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"\x00" * 1000, b"not a table"])
def test_any_bytes_may_stand_in_a_file(workdir, content):
    (workdir / LRR.folder / "rounds.parquet").write_bytes(content)
    assert len(problems(workdir)) == 1


def test_missing_cells_and_rounds_are_named(workdir):
    shutil.rmtree(workdir / "cells" / "lrr" / "noise=0")
    path = workdir / LRR.folder / "rounds.parquet"
    change(path, lambda table: table.slice(0, 5))
    (line,) = collect(workdir).unfinished
    assert line.startswith("lrr: 3 of 4 cells are not finished: noise 0, seed 0 (0 of 13 rounds)")
    assert "noise 0.4, seed 0 (5 of 13 rounds)" in line


def test_a_diverged_cell_is_named_and_finished(workdir):
    path = workdir / LRR.folder / "rounds.parquet"
    rows = pq.ParquetFile(path).read().to_pylist()[:4]
    rows[3] |= {"diverged": True, "train_loss": float("inf"), "test_accuracy": float("nan")}
    cellfiles.write_rows(path, rows)
    run = collect(workdir)
    assert not run.unfinished
    assert run.diverged == ["lrr: 1 cell diverged and ends there: noise 0.4, seed 0 in round 3"]


def test_columns_of_another_version(workdir):
    for path in workdir.glob("cells/*/*/*/rounds.parquet"):
        change(path, lambda table: table.drop_columns(["width", "distance", "train_examples"]))
    run = collect(workdir)
    assert len(run.problems) == 4  # three files, and how many more
    assert "lacks the columns width, train_examples, distance" in run.problems[0]
    assert (run.rows["width"] == 1).all()
    assert run.rows["distance"].isna().all()
    assert not run.whole


@pytest.mark.parametrize("name", ["algorithm", "noise_rate", "seed", "round", "density"])
def test_a_file_without_the_place_of_its_rows_is_left_out(workdir, name):
    change(workdir / LRR.folder / "rounds.parquet", lambda table: table.drop_columns([name]))
    (line,) = problems(workdir)
    assert f"lacks the columns {name}" in line


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("density", lambda old: [-1.0] * len(old), "densities outside 0 to 1"),
        ("round", lambda old: [10**12 + r for r in old], "rounds that cannot be"),
        ("round", lambda old: [0] * len(old), "a round twice"),
        ("seed", lambda old: [7] * len(old), "rows of cells/lrr/noise=0.4/seed=7"),
        ("seed", lambda old: [None] * len(old), "rows without algorithm"),
        ("density", lambda old: ["much"] * len(old), "something else in its columns"),
        ("test_accuracy", lambda old: ["?"] * len(old), "something else in its columns"),
    ],
)
def test_rows_that_cannot_be_are_left_out(workdir, column, values, said):
    path = workdir / LRR.folder / "rounds.parquet"

    def replaced(table):
        content = table.to_pydict()
        return type(table).from_pydict({**content, column: values(content[column])})

    change(path, replaced)
    run = collect(workdir)
    assert len(run.problems) == 1
    assert said in run.problems[0]
    assert len(run.rows.query("algorithm == 'lrr' and noise_rate == 0.4")) == 13


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"experiment": 3}', '{"experiment": {}}', "\x00", "[" * 10**5],
)
def test_any_text_may_stand_in_the_configuration(workdir, content):
    (workdir / "config.json").write_text(content)
    run = collect(workdir)
    assert len(run.problems) == 1
    assert str(workdir / "config.json") in run.problems[0]
    assert "not known" in run.problems[0]
    assert len(run.rows)


def test_a_configuration_of_another_version_is_shown_but_not_judged(workdir):
    path = workdir / "config.json"
    content = json.loads(path.read_text())
    content["experiment"]["algorithms"]["lrr"]["anchor"] = 0
    path.write_text(json.dumps(content))
    run = collect(workdir)
    assert run.config == content
    assert run.experiment is None
    assert "anchor" in run.problems[0]


@pytest.mark.slow
def test_without_cells_the_union_is_shown(workdir):
    cellfiles.unite(workdir)
    shutil.rmtree(workdir / "cells")
    before = (workdir / "rounds.parquet").read_bytes()
    run = collect(workdir)
    assert len(run.rows)
    assert any("there is no cell that can be read" in line for line in run.problems)
    done = report(workdir)
    assert done.returncode == 0, done.stderr
    assert (workdir / "rounds.parquet").read_bytes() == before


def test_a_ruin_still_gives_a_page(workdir):
    """Everything at once: no traceback, and every loss is said."""
    deep = '{"a":' * 400 + '"\\ud800"' + "}" * 400
    (workdir / "config.json").write_text(f'{{"experiment": {deep}, "devices": {deep}}}')
    for i, path in enumerate(sorted(workdir.glob("cells/*/*/*/rounds.parquet"))):
        if i % 3 == 0:
            path.write_bytes(path.read_bytes()[: 200 * i])
        elif i % 3 == 1:
            change(path, lambda table: table.drop_columns(["test_accuracy", "control_of"]))
    for path in workdir.glob("cells/*/*/*/examples.npz"):
        path.write_bytes(b"PK\x03\x04 damaged")
    done = report(workdir)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    text = (workdir / "report.html").read_text()
    assert "config.json is nested deeper than 60" in text
    assert "lacks the columns control_of, test_accuracy" in text
    assert "cannot be read: ArrowInvalid" in text


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_lost_no_analysis_is(workdir, seed):
    """Cells, rounds and values go at random; what is left is shown."""
    rng = np.random.default_rng(seed)
    for path in sorted(workdir.glob("cells/*/*/*/rounds.parquet")):
        rows = pq.ParquetFile(path).read().to_pylist()
        rows = rows[: rng.integers(0, len(rows) + 1)]
        for row in rows:
            for name in rng.choice(["test_accuracy", "train_loss", "distance", "seconds"], 2):
                if rng.random() < 0.3:
                    row[name] = float(rng.choice([np.nan, np.inf, 0.0]))
        if rows:
            cellfiles.write_rows(path, rows)
        else:
            shutil.rmtree(path.parent)
    run, lost = collect(workdir), []
    answers.tables(run, lost)
    assert not lost
    assert not run.problems


# The command.


def test_wrong_use_is_one_line(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    cases = {
        (): "--workdir is missing",
        (f"--workdir={tmp_path / 'nowhere'}",): "is no directory",
        (f"--workdir={empty}",): "holds no round that can be shown",
    }
    for arguments, said in cases.items():
        assert said in processes.one_line(processes.run(*arguments, command="report"))
    assert not list(empty.iterdir())


def test_help_shows_an_example():
    done = processes.run("--help", command="report")
    assert done.returncode == 0
    assert "python -m pruning_jax.report --workdir=runs/digits" in done.stdout


@pytest.mark.slow
def test_several_runs_are_compared_where_out_says(made, workdir, tmp_path):
    (tmp_path / "other").mkdir()
    other = shutil.copytree(workdir, tmp_path / "other" / "b")
    (other / "cells" / "lrr" / "noise=0" / "seed=0" / "rounds.parquet").unlink()
    both = (f"--workdir={workdir}", f"--workdir={other}")
    assert "out is missing" in processes.one_line(processes.run(*both, command="report"))
    before = sorted(workdir.rglob("*"))
    done = processes.run(*both, f"--out={tmp_path / 'compared'}", command="report")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert f"Wrote {tmp_path / 'compared' / 'report.html'} (" in done.stdout
    assert "The page lists 1 thing that the report lacks." in done.stdout
    assert sorted(workdir.rglob("*")) == before
    text = (tmp_path / "compared" / "report.html").read_text()
    assert "b: lrr: 1 of 4 cells are not finished" in text
    for link in set(re.findall(r'href="((?:figures|tables)/[^"]+)"', text)):
        assert (tmp_path / "compared" / link).is_file(), link


def opened(workdir, **variables):
    """report --open, and the addresses that a browser was given."""
    log = workdir.parent / "opened"
    browser = workdir.parent / "browser"
    browser.write_text(f'#!/bin/sh\necho "$@" >> {log}\n')
    browser.chmod(0o755)
    none = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"), "")
    given = {name: value.format(browser=browser) for name, value in variables.items()}
    arguments = (f"--workdir={workdir}", "--open")
    done = processes.run(*arguments, command="report", **{**none, **given})
    assert done.returncode == 0, done.stderr
    return done.stdout, log.read_text().split() if log.exists() else []


@pytest.mark.slow
def test_the_page_is_opened_in_the_users_browser(workdir):
    said, addresses = opened(workdir, BROWSER="{browser} %s")
    assert addresses == [(workdir / "report.html").as_uri()]
    assert "no browser" not in said


@pytest.mark.slow
@pytest.mark.parametrize("variables", [{}, {"BROWSER": "no-such-browser"}])
def test_without_a_browser_it_says_where_the_page_is(workdir, variables):
    said, addresses = opened(workdir, **variables)
    assert said.splitlines()[-1] == (
        f"There is no browser here: the page is {(workdir / 'report.html').as_uri()}"
    )
    assert not addresses


@pytest.mark.slow
def test_analyses_of_the_users_own_are_found_where_the_command_is_given(workdir, tmp_path):
    (tmp_path / "mine.py").write_text(
        "def lowest(run, settings):\n"
        "    return run.rows.groupby('algorithm', as_index=False)['density'].min()\n"
        "def fails(run, settings):\n"
        "    return run.rows['no such column']\n"
    )
    own = ("--analyses=mine:lowest", "--analyses=mine:fails")
    done = processes.run(f"--workdir={workdir}", *own, command="report", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "The page lists 1 thing that the report lacks." in done.stdout
    assert "(KeyError: &#39;no such column&#39;)" in (workdir / "report.html").read_text()
    table = pd.read_csv(workdir / "tables" / "lowest.csv")
    assert table["density"].min() == pytest.approx(report_rows.DENSITIES[-1])


@pytest.mark.slow
def test_the_claims_can_be_asked_of_another_algorithm(workdir):
    wrong = processes.one_line(report(workdir, "--pruned=lr"))
    assert "'lr' is not one of lrr; did you mean lrr?" in wrong
    assert not (workdir / "report.html").exists()
    for path in (workdir / "cells").glob("lrr*"):
        path.rename(path.with_name(path.name.replace("lrr", "mine")))
    for path in (workdir / "cells").rglob("rounds.parquet"):
        content = pq.ParquetFile(path).read().to_pylist()
        for row in content:
            for name in ("algorithm", "control_of"):
                row[name] = row[name].replace("lrr", "mine")
        cellfiles.write_rows(path, content)
    (workdir / "config.json").unlink()
    assert report(workdir, "--pruned=mine").returncode == 0
    sentences = pd.read_csv(workdir / "tables" / "claims.csv")["sentence"]
    assert sentences.str.contains("mine").any()
    assert not sentences.str.contains("lrr").any()


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ["--pruned=nobody", "--analyses=math:pi", "--analyses=no:table"])
def test_a_wrong_flag_changes_nothing(wrong, workdir):
    """A union with a row that no cell has, which writing it again would take away."""
    rows = [
        row
        for p in workdir.glob("cells/*/*/*/rounds.parquet")
        for row in cellfiles.read_table(p).to_pylist()
    ]
    cellfiles.write_rows(workdir / "rounds.parquet", [*rows, {**rows[0], "seed": 77}])
    before = {path: path.stat().st_mtime_ns for path in workdir.rglob("*")}
    processes.one_line(report(workdir, wrong))
    assert {path: path.stat().st_mtime_ns for path in workdir.rglob("*")} == before
