"""check_analysis sees each law that an analysis breaks, and says what to do."""

import itertools

import numpy as np
import pandas as pd
import pytest

from pruning_jax.errors import WrongUse
from pruning_jax.testing import check_analysis

KEYS = ["algorithm", "noise_rate", "round"]


def sound(run, settings):
    """A table that keeps every law."""
    return run.rows.groupby(KEYS, as_index=False)["distance"].mean()


def no_table(run, settings):
    return [1, 2]


def needs_rows(run, settings):
    return pd.DataFrame({"first": [run.rows["seed"].iloc[0]]})


def columns_by_chance(run, settings):
    return pd.DataFrame([{"seeds": n} for n in [run.rows["seed"].nunique()] if n])


def changes_rows(run, settings):
    run.rows["distance"] = 0.0
    return sound(run, settings)


counter = itertools.count()


def another_each_time(run, settings):
    return pd.DataFrame({"call": [next(counter)]})


def last_row(run, settings):
    rows = run.rows.iloc[-1:]
    return rows[["algorithm", "seed", "round"]]


def lists(run, settings):
    return sound(run, settings).assign(ends=lambda t: [[0, 1]] * len(t))


def two_columns_of_one_name(run, settings):
    return pd.DataFrame([[1, 2]], columns=["a", "a"])


def an_index(run, settings):
    return run.rows.groupby(KEYS)[["distance"]].mean()


def one_seed_is_too_few(run, settings):
    values = run.rows.groupby("seed")["distance"].mean().to_numpy()
    if len(values) == 1:
        raise ZeroDivisionError("no spread")
    return pd.DataFrame({"spread": [np.std(values)]})


def reads_every_file(run, settings):
    losses = [run.examples(cell)["train_loss"].mean() for cell in run.cells]
    return pd.DataFrame({"loss": [np.mean(losses)]})


def cannot_do_without_accuracy(run, settings):
    rows = run.rows[run.rows["algorithm"] == "lrr"]
    if rows["test_accuracy"].isna().any():
        raise ValueError("NaN")
    return rows[["seed", "round", "test_accuracy"]]


@pytest.mark.parametrize(
    ("analysis", "says"),
    [
        (no_table, "gave a list on a whole run. It must give a pandas DataFrame"),
        (needs_rows, "raised IndexError: .* on a run without rows. An analysis must work on any"),
        (columns_by_chance, "of a run without rows has the columns .*Name the columns even if"),
        (changes_rows, "changed the rows of a whole run. .*work on a copy"),
        (another_each_time, "gave another table when it was asked again. .*fixed seed"),
        (last_row, "when the rows came in another order. Find a row by its algorithm"),
        (lists, "the column 'ends' has a list. An entry of a CSV file is one number"),
        (two_columns_of_one_name, "are not all different texts"),
        (an_index, r"the index of the table is \['algorithm', .*reset_index"),
        (one_seed_is_too_few, "raised ZeroDivisionError: no spread on a run with one seed"),
        (reads_every_file, "lacks a file of examples .see run.every_examples"),
        (cannot_do_without_accuracy, "raised ValueError: NaN on a run in which a network diverged"),
    ],
)
def test_a_broken_law_is_named(analysis, says):
    with pytest.raises(AssertionError, match=f"(?s)^{analysis.__name__}.*{says}") as raised:
        check_analysis(analysis)
    assert "\n" not in str(raised.value)


def test_what_keeps_the_laws_passes():
    check_analysis(sound)


def test_an_analysis_is_found_by_its_name(tmp_path, monkeypatch):
    (tmp_path / "my_laws.py").write_text(
        "def spread(run, settings):\n"
        "    return run.rows.groupby(['algorithm', 'round'], as_index=False)['distance'].std()\n"
        "def broken(run, settings):\n"
        "    return None\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    check_analysis("my_laws:spread")
    check_analysis("curves")
    with pytest.raises(AssertionError, match=r"^my_laws:broken gave a NoneType"):
        check_analysis("my_laws:broken")
    for wrong in ("curvs", "my_laws:nothing", "no_such_module:name"):
        with pytest.raises(WrongUse, match=wrong):
            check_analysis(wrong)
