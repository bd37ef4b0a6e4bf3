"""The verdicts as a reader sees them, on the page and in the terminal."""

import io
import math
import re

import pandas as pd
import pytest
import synthetic
from rich.console import Console

from pruning_jax.analysis.claims.evidence import MEASURES
from pruning_jax.analysis.settings import Settings
from pruning_jax.reporting import terminal, verdicts
from pruning_jax.reporting.claims import CLAIMS, short, title


@pytest.fixture(scope="module")
def sections(tables):
    return verdicts.sections(tables)


def test_every_claim_has_a_verdict_for_every_algorithm_and_noise_rate(sections, facts, tables):
    assert len(sections) == 4
    assert len(verdicts.rates(sections)) == len(facts.rates)
    for number, claim in enumerate(sections, 1):
        assert [*claim.algorithms] == ["lrr", "random"]
        assert claim.says.endswith(".")
        for name, lines in claim.algorithms.items():
            assert [*lines] == verdicts.rates(sections)
            table = tables["claims"]
            own = table[(table["claim"] == number) & (table["algorithm"] == name)]
            assert [line.verdict for line in lines.values()] == [*own["verdict"]]
            for line in lines.values():
                assert line.verdict.replace(" ", "-") == line.badge
                assert bool(line.effect.size) == bool(line.effect.what)


def test_an_effect_has_the_numbers_of_the_table(tables):
    rows = tables["claims"].dropna(subset="low").to_dict("records")
    assert {row["measure"] for row in rows} > {"gain", "log_loss"}
    for row in rows:
        effect = verdicts.measured(row)
        said = effect.size.replace("\N{MINUS SIGN}", "-")
        numbers = [float(n) for n in re.findall(r"[+-]?\d+\.?\d*", said)]
        ratio = row["measure"] == "log_loss"
        known = [row[name] for name in ("effect", "low", "high")]
        expected = [math.exp(one) if ratio else 100 * one for one in known]
        assert numbers == pytest.approx(expected, rel=5e-3, abs=5e-3)
        assert effect.what == verdicts.EFFECTS[row["measure"]]
        assert ("points" in said) == (not ratio)
        assert effect.replicates == str(row["replicates"])
        for words, value in ((effect.density, "density"), (effect.confidence, "confidence")):
            assert float(words.split()[0]) == pytest.approx(100 * row[value], rel=5e-3)


def test_every_measure_has_words():
    assert set(verdicts.EFFECTS) == set(MEASURES)


def test_an_effect_without_an_interval_is_said_without_one(tables):
    row = tables["claims"].dropna(subset="low").to_dict("records")[0]
    effect = verdicts.measured({**row, "low": math.nan, "high": math.nan, "replicates": 1})
    assert "[" not in effect.size
    assert (effect.replicates, effect.confidence) == ("1", "")
    assert verdicts.measured({**row, "effect": math.nan}) == verdicts.Effect()


def test_the_overview_has_a_word_for_each_claim_algorithm_and_noise_rate(sections, tables):
    found = verdicts.overview(sections)
    assert [*found] == verdicts.rates(sections)
    table = tables["claims"]
    for rate, rows in zip(sorted({*table["noise_rate"]}), found.values(), strict=True):
        assert [*rows] == ["lrr", "random"]
        for name, lines in rows.items():
            own = table[(table["noise_rate"] == rate) & (table["algorithm"] == name)]
            assert [line.verdict for line in lines] == [*own.sort_values("claim")["verdict"]]


def test_a_claim_that_is_new_is_shown_all_the_same(tables):
    table = tables["claims"].assign(claim=9, verdict="odd")
    (section,) = verdicts.sections({"claims": table})
    assert (section.title, section.short, section.says) == ("Claim 9", "claim 9", "")
    assert section.headline.startswith("Claim 9: odd ")
    assert {line.badge for line in section.lines} == {"undecided"}


def test_settings_are_said_by_name_and_value():
    said = verdicts.settings(Settings(delta=0.0025))
    assert said["settings"] == Settings(delta=0.0025).digest
    assert (said["delta"], said["margin"], said["minimum_seeds"]) == ("0.0025", "not set", "3")


def printed(rows, width=160):
    console = Console(file=io.StringIO(), width=width)
    terminal.verdicts(rows, console)
    return console.file.getvalue()


def test_the_terminal_has_a_line_for_each_claim_and_algorithm(rows, tables):
    text = printed(rows)
    for row in tables["claims"].itertuples():
        (line,) = [
            line
            for line in text.splitlines()
            if line.startswith(f"{short(row.claim)} ") and f" {row.algorithm} " in line
        ]
        assert row.verdict in line
    assert "40 % noise" in text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_table_of_the_terminal_fits_into_80_columns(rows):
    """Three noise rates, and one of the longest names of built-in algorithms."""
    longest = rows.replace({"random": "weight_rewinding"})
    lines = printed(longest, 80).splitlines()
    assert max(map(len, lines)) <= 80
    assert printed(longest, 200).split() == " ".join(lines).split()  # nothing is broken or cut
    for number in CLAIMS:
        assert f"{title(number)}." in lines


def test_the_terminal_says_that_nothing_is_decided():
    def last(truth):
        return printed(synthetic.rows(truth), 80).splitlines()[-1]

    two = synthetic.PAPER.with_(seeds=2)
    assert last(two) == "Nothing is decided: verdicts need at least 3 seeds, and there are 2."
    assert last(two.with_(seeds=1)).endswith("at least 3 seeds, and there is 1.")
    assert last(two.with_(seeds=3)) == f"{title(4)}."


def test_the_terminal_says_why_there_are_no_verdicts(rows):
    text = printed(pd.concat([rows, rows.iloc[:1]]))
    assert "the verdicts cannot be made (WrongUse: there are 2 rows of" in text
    assert printed(rows.iloc[:0]) == ""
