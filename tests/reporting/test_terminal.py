"""The accuracies of a run in a terminal of 80 columns."""

import re

import numpy as np
import pandas as pd
import pytest
from processes import ROOT

from pruning_jax import screen
from pruning_jax.reporting import terminal
from pruning_jax.workdir import paths


@pytest.fixture(scope="module")
def digits():
    """The rows of the digits job that are of no control."""
    rows = pd.read_parquet(ROOT / "docs" / "results" / "digits.parquet")
    return rows[rows.control_of == ""]


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def printed(rows):
    page = screen.text(lambda console: terminal.accuracy(rows, console))
    assert "…" not in page
    assert max(map(len, page.splitlines())) <= 80
    return page.replace("\N{NO-BREAK SPACE}", " ")


def test_the_digits_job_fits(digits):
    page = printed(digits)
    assert page.count("Test accuracy (%) with") == 2
    assert re.search(r"^round +density +\(100 %\) +lrr +random +weight_rewinding$", page, re.M)
    assert page.count("100 %") == 2 * 2  # in the head, and in round 0
    part = digits[(digits.algorithm == "lrr") & (digits.noise_rate == 0) & (digits["round"] == 1)]
    assert re.search(rf"^ +1 +80 %.* {100 * part.test_accuracy.mean():.1f} ±", page, re.M)
    lines = [line for line in page.splitlines() if re.match(r" +\d+ +[\d.]+ % ", line)]
    assert re.search(r"^ +25 +0.378 % .* 12.3 \(2/6\) +95.3 ± +0.3$", page, re.M)
    assert "(1/6) stands behind the mean of 1 of 6 seeds" in page
    assert len(lines) == sum(part["round"].nunique() for _, part in digits.groupby("noise_rate"))


def test_more_algorithms_than_fit_are_several_tables(digits):
    names = [f"algorithm_with_a_long_name_{number}" for number in range(5)]
    lrr = digits[(digits.algorithm == "lrr") & (digits.noise_rate == 0)]
    page = printed(pd.concat([lrr.assign(algorithm=name) for name in names]))
    assert page.count("Test accuracy (%) with") == 3
    assert all(page.count(name) == 1 for name in names)


def test_algorithms_with_other_densities_have_lines_of_their_own(digits):
    lrr = digits[(digits.algorithm == "lrr") & (digits.noise_rate == 0) & (digits["round"] < 3)]
    other = lrr.assign(algorithm="faster", density=0.5 ** lrr["round"])
    page = printed(pd.concat([lrr, other]))
    found = re.findall(r"^ +(\d) +([\d.]+ %)", page, re.M)
    assert found == [("0", "100 %"), ("1", "80 %"), ("1", "50 %"), ("2", "64 %"), ("2", "25 %")]


def test_what_diverged_is_said(digits):
    lrr = digits[(digits.algorithm == "lrr") & (digits.seed == 20) & (digits["round"] < 2)]
    ended = lrr.assign(diverged=lrr["round"] == 1)
    ended.loc[ended.diverged, "test_accuracy"] = np.nan
    page = printed(ended)
    assert re.search(r"^ +1 +80 % +diverged$", page, re.M)
    assert "diverged: lrr, 40 % label noise, seed 20, in round 1; this cell has no" in page


def test_means_that_lack_seeds_say_of_how_many_they_are(digits):
    """Seed 21 diverges in round 1; seed 22 has no rows of one algorithm yet."""
    some = digits[digits.algorithm.isin(["lrr", "random"]) & (digits["round"] < 3)]
    some = some[(some.noise_rate == 0.4) & (some.seed < 24)]
    some = some[~((some.algorithm == "random") & (some.seed == 22))]
    gone = (some.algorithm == "lrr") & (some.seed == 21) & (some["round"] > 0)
    some = some[~(gone & (some["round"] > 1))].assign(diverged=gone)
    some.loc[some.diverged, "test_accuracy"] = np.nan
    page = printed(some)
    left = some[some["round"] == 1].groupby("algorithm").test_accuracy.mean() * 100
    found = rf"^ +1 +80 % +{left['lrr']:.1f} \(3/4\) +{left['random']:.1f} \(3/4\)$"
    assert re.search(found, page, re.M)
    assert re.search(r"^ +0 +100 % +[\d.]+ ± +[\d.]+ +[\d.]+ \(3/4\)$", page, re.M)
    assert "(3/4) stands behind the mean of 3 of 4 seeds: the others diverged" in page
    whole = printed(digits[(digits.algorithm == "lrr") & (digits["round"] < 2)])
    assert "/6)" not in whole
    assert "stands behind" not in whole


def test_the_last_line_is_the_next_step(digits, tmp_path, capsys):
    workdir = tmp_path / "my run"
    paths.shared_lock(workdir).parent.mkdir(parents=True)
    terminal.finished(workdir, digits[digits["round"] < 2], 0, 12)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"For the report: python -m pruning_jax.report --workdir='{workdir}'"
