"""All tables of a run: the built-in ones and the user's own, and what is said of lost ones."""

import pandas as pd
import pytest

from pruning_jax.analysis import answers
from pruning_jax.errors import WrongUse
from pruning_jax.plugins import ANALYSES
from pruning_jax.testing.made_up import made_up
from pruning_jax.workdir import paths

MINE = """
import pandas as pd

def sizes(run, settings):
    names = run.rows["algorithm"].nunique()
    return pd.DataFrame({"algorithms": [names], "seed": [settings.seed]})

def breaks(run, settings):
    raise KeyError("not there")

def nothing(run, settings):
    pass

def spoils(run, settings):
    run.rows["algorithm"] = "mine"
    return run.rows[["algorithm", "seed"]]

def curves(run, settings):
    return pd.DataFrame()
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return made_up(tmp_path_factory.mktemp("run"))


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Two modules of the user's, in the directory where he works."""
    (tmp_path / "my_tables.py").write_text(MINE)
    (tmp_path / "other_tables.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)


def test_a_table_of_ones_own_stands_beside_the_others(run, mine):
    problems = []
    found = answers.tables(run, problems, analyses=["my_tables:sizes"])
    assert not problems
    assert list(found) == [*ANALYSES.names, "sizes"]
    assert found["sizes"].to_dict("records") == [{"algorithms": 12, "seed": 0}]


def test_one_that_cannot_be_made_costs_no_other(run, mine):
    problems, rows = [], run.rows.copy()
    own = [f"my_tables:{name}" for name in ("breaks", "nothing", "spoils", "sizes")]
    found = answers.tables(run, problems, analyses=own)
    assert list(found) == [*ANALYSES.names, "spoils", "sizes"]
    assert problems == [
        "table breaks cannot be made (KeyError: 'not there')",
        "table nothing cannot be made (TypeError: it gave a NoneType, not a pandas DataFrame)",
    ]
    pd.testing.assert_frame_equal(run.rows, rows)
    assert found["sizes"]["algorithms"].item() == 12


@pytest.mark.parametrize(
    ("analyses", "says"),
    [
        (["my_tables:curves"], "'my_tables:curves': there is a table curves already"),
        (
            ["my_tables:sizes", "other_tables:sizes"],
            "there is a table sizes already",
        ),
        (["my_tables:missing"], "the module my_tables has no 'missing'"),
        (["curvs"], "'curvs' is not one of .*did you mean curves"),
    ],
)
def test_a_wrong_name_is_told(run, mine, analyses, says):
    with pytest.raises(WrongUse, match=says):
        answers.tables(run, [], analyses=analyses)


def test_a_built_in_one_may_be_asked_for(run):
    assert answers.named(["el2n"]) == answers.named()


def test_a_file_that_cannot_be_read_is_said_once(tmp_path):
    run, problems = made_up(tmp_path), []
    whole = answers.tables(run, [])["subgroups"]
    path = paths.examples(tmp_path, run.cells[0])
    path.write_bytes(b"PK\x03\x04 damaged")
    found = answers.tables(run, problems)
    (line,) = problems
    assert line.startswith(f"{path} cannot be read: ")
    assert line.endswith("; its cell is left out of the analyses of examples")
    lost = (whole["algorithm"] == "lrr") & (whole["noise_rate"] == 0)
    assert set(whole[lost]["replicates"]) == {3}
    assert set(found["subgroups"][lost]["replicates"]) == {2}
    pd.testing.assert_frame_equal(found["subgroups"][~lost], whole[~lost])
