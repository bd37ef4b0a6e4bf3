"""A report from Python: what is written, and analyses of one's own."""

import shutil
from pathlib import Path

import pandas as pd
import processes
import pytest
import report_rows

from pruning_jax.errors import WrongUse
from pruning_jax.reporting.write import write

SMALL = report_rows.experiment(names=("lrr",), rates=(0.0,), seeds=(0, 1))

OWN = '''
import pandas as pd

def slopes(run, settings):
    """The accuracy that is lost from the first to the last round."""
    ends = run.rows.groupby("algorithm")["test_accuracy"].agg(["first", "last"])
    return (ends["last"] - ends["first"]).rename("slope").reset_index()

def empty(run, settings):
    return pd.DataFrame({"algorithm": []})

def broken(run, settings):
    raise RuntimeError("no luck")

def number(run, settings):
    return 3

def spoils(run, settings):
    run.rows.drop(run.rows.index, inplace=True)
    return run.rows

def curves(run, settings):
    return run.rows
'''


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A made-up run of one noise rate."""
    return processes.once(tmp_path_factory, "one_rate", lambda f: report_rows.workdir(f, SMALL))


@pytest.fixture
def workdir(made, tmp_path, monkeypatch):
    """A copy of it, beside the user's own module."""
    (tmp_path / "own_analyses.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path))
    return Path(shutil.copytree(made, tmp_path / "run"))


def test_it_returns_what_it_wrote(workdir, capsys):
    done = write(workdir)
    assert done.page == workdir / "report.html"
    assert {path.parent.name for path in done.figures} == {"figures"}
    assert {path.suffix for path in done.figures} == {".pdf", ".png"}
    assert {path.parent.name for path in done.tables} == {"tables"}
    for path in (done.page, *done.figures, *done.tables):
        assert path.is_file()
    assert len(done.tables) == len([*workdir.glob("tables/*.csv")])
    assert done.missing == []
    assert capsys.readouterr() == ("", "")


def test_what_is_missing_is_returned_and_on_the_page(workdir):
    shutil.rmtree(workdir / "cells" / "extended_dense")
    done = write(workdir)
    (line,) = done.missing
    assert line.startswith("extended_dense: 2 of 2 cells are not finished")
    assert line in done.page.read_text()
    assert "1 thing is missing from this report" in done.page.read_text()


def test_an_analysis_of_ones_own_is_a_table_and_a_listing(workdir):
    done = write(workdir, analyses=("own_analyses:slopes", "own_analyses:empty"))
    assert done.missing == []
    table = pd.read_csv(workdir / "tables" / "slopes.csv")
    assert list(table.columns) == ["algorithm", "slope"]
    assert workdir / "tables" / "slopes.csv" in done.tables
    assert not (workdir / "tables" / "empty.csv").exists()
    text = done.page.read_text()
    assert "The table of your own analysis slopes." in text
    assert 'href="tables/slopes.csv"' in text
    assert "The analysis gave a table without rows." in text


@pytest.mark.parametrize(
    ("name", "said"),
    [("broken", "RuntimeError: no luck"), ("number", "it gave a int, not a pandas DataFrame")],
)
def test_an_analysis_that_fails_is_a_line_of_words(workdir, name, said):
    done = write(workdir, analyses=(f"own_analyses:{name}",))
    (line,) = done.missing
    assert said in line
    assert name in line
    assert len(done.figures) > 10


@pytest.mark.slow
def test_an_analysis_cannot_spoil_the_rows_of_others(workdir):
    before = write(workdir).page.read_text()
    done = write(workdir, analyses=("own_analyses:spoils", "own_analyses:slopes"))
    assert len(pd.read_csv(workdir / "tables" / "slopes.csv")) > 1
    assert before.count("<figure") == done.page.read_text().count("<figure")


@pytest.mark.parametrize(
    ("analyses", "said"),
    [
        (["slopes"], "analysis 'slopes' is not one of augmented, "),
        ([":slopes"], "analysis ':slopes' "),
        (["own_analyses:"], "analysis 'own_analyses:'"),
        (["own_analyses:curves"], "there is a table curves already"),
        (["own_analyses:slopes"] * 2, "there is a table slopes already"),
        (["own_analyses:slops"], "the module own_analyses has no 'slops'"),
        (["no_such_module:slopes"], "No module named 'no_such_module'"),
    ],
)
def test_an_analysis_that_there_is_not_is_wrong_use(workdir, analyses, said):
    with pytest.raises(WrongUse) as raised:
        write(workdir, analyses=analyses)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert not (workdir / "report.html").exists()


def test_the_claims_are_asked_of_an_algorithm_that_prunes(workdir):
    with pytest.raises(WrongUse, match="'extended_dense' is not one of lrr"):
        write(workdir, pruned="extended_dense")
    for path in workdir.glob("cells/*"):
        if path.name.startswith("lrr"):
            shutil.rmtree(path)
    with pytest.raises(WrongUse, match="no algorithm of this run prunes"):
        write(workdir, pruned="lrr")
    assert write(workdir).page.is_file()


def test_a_folder_in_the_way_of_a_table_is_a_line_of_words(workdir):
    (workdir / "tables").write_text("not a folder")
    done = write(workdir)
    assert done.missing
    assert done.tables == []
    assert all(line.startswith("tables/") for line in done.missing)


def test_a_page_that_cannot_be_written_is_wrong_use(workdir):
    (workdir / "report.html").mkdir()
    (workdir / "report.html" / "in_the_way").touch()
    with pytest.raises(WrongUse, match=r"report\.html cannot be written"):
        write(workdir)


def test_it_can_be_written_elsewhere(workdir, tmp_path):
    """Then nothing is written to the workdir, which may be another person's."""
    before = sorted(workdir.rglob("*"))
    done = write(workdir, out=tmp_path / "new" / "elsewhere")
    assert done.page == tmp_path / "new" / "elsewhere" / "report.html"
    assert len([*done.page.parent.glob("figures/*.pdf")]) == len(done.figures) // 2 > 5
    assert sorted(workdir.rglob("*")) == before


# Several runs.


@pytest.fixture
def others(workdir, tmp_path):
    """Three more runs: the same, one without extended dense training, one of another network."""
    same = Path(shutil.copytree(workdir, tmp_path / "other" / "run"))
    less = Path(shutil.copytree(workdir, tmp_path / "less"))
    shutil.rmtree(less / "cells" / "extended_dense")
    fewer = report_rows.experiment(names=("random",), rates=(0.0, 0.4), seeds=(0, 1))
    return same, less, report_rows.workdir(tmp_path / "fewer", fewer)


@pytest.mark.slow
def test_several_runs_are_compared(workdir, others, tmp_path):
    _, less, fewer = others
    before = sorted(path for run in (workdir, less, fewer) for path in run.rglob("*"))
    done = write([workdir, str(less), fewer], out=tmp_path / "compared")
    assert sorted(path for run in (workdir, less, fewer) for path in run.rglob("*")) == before
    assert [line.partition(": ")[0] for line in done.missing] == ["less"]
    table = pd.read_csv(tmp_path / "compared" / "tables" / "curves.csv")
    assert table.columns[0] == "run"
    assert [*table["run"].unique()] == ["run", "less", "fewer"]
    alone = pd.read_csv(write(workdir).page.parent / "tables" / "curves.csv")
    own = table[table["run"] == "run"].drop(columns="run")
    pd.testing.assert_frame_equal(own.reset_index(drop=True), alone, check_dtype=False)
    text = done.page.read_text()
    for label in ("run", "less", "fewer"):
        assert f"<h2>{label}</h2>" in text
        assert f"<caption>Verdicts by claim, label noise and algorithm: {label}</caption>" in text
    for name in ("run: lrr", "less: lrr", "fewer: random", "fewer: dense, fewer units"):
        assert f"<span>{name}</span>" in text
    assert (tmp_path / "compared" / "figures" / "test_error.pdf").is_file()


@pytest.mark.slow
def test_runs_of_one_name_are_told_apart_by_their_folders(workdir, others, tmp_path):
    write([workdir, others[0]], out=tmp_path / "compared")
    labels = pd.read_csv(tmp_path / "compared" / "tables" / "curves.csv")["run"].unique()
    assert [*labels] == [f"{tmp_path.name}/run", "other/run"]


def test_a_report_of_several_runs_needs_a_place_of_its_own(workdir, others, tmp_path):
    _, less, _ = others
    cases = [
        (([workdir, less], None), "out is missing: a report of 2 runs needs a directory"),
        (([workdir, less], workdir), "lies in a workdir"),
        (([workdir, less], less / "figures" / "x"), "lies in a workdir"),
        ((workdir, workdir / "x"), "lies in a workdir"),
        (([workdir, workdir], tmp_path / "x"), "the same directory is given twice"),
        (([], tmp_path / "x"), "there is none to report"),
        (([workdir] * 5, tmp_path / "x"), "5 runs, but 4 can be told apart"),
        (([workdir, tmp_path / "nowhere"], tmp_path / "x"), "is no directory"),
        ((workdir, workdir / "config.json"), "lies in a workdir"),
        (([workdir, less], tmp_path / "own_analyses.py"), "cannot be made"),
    ]
    for (runs, out), said in cases:
        with pytest.raises(WrongUse, match=said):
            write(runs, out=out)
    assert not (tmp_path / "x").exists()
    assert not (workdir / "report.html").exists()
    assert write([workdir], out=None).page == workdir / "report.html"


def test_the_claims_are_asked_of_an_algorithm_of_every_run(workdir, others, tmp_path):
    with pytest.raises(WrongUse, match="'lrr' is not one of random"):
        write([workdir, others[2]], out=tmp_path / "x", pruned="lrr")
    assert not (tmp_path / "x").exists()
