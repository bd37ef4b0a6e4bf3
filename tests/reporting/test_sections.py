"""What the page says, in words."""

import re
from dataclasses import replace

import pytest

from pruning_jax.reporting import provenance, sections


@pytest.fixture(scope="module")
def content(run, tables, facts, charts):
    problems = []
    made = sections.content(run, tables, facts, charts, problems)
    assert not problems
    return made


def test_the_lead_says_what_was_run(content):
    for words in ("digits", "lenet_300_100", "44,200 prunable weights", "lrr, random and extended"):
        assert words in content.lead
    assert "4 seeds" in content.lead


def test_every_claim_has_a_verdict_for_every_noise_rate(content, facts):
    assert len(content.claims) == 4
    for claim in content.claims:
        assert len(claim.lines) == len(facts.rates)
        assert claim.says.endswith(".")
        for line in claim.lines:
            assert line.verdict == line.badge
            assert not line.effect or line.effect.endswith("replicates.")


def test_an_effect_is_a_sentence_with_the_numbers_of_the_table(tables):
    row = tables["claims"].query("claim == 1 and noise_rate == 0.4").to_dict("records")[0]
    said = sections.measured(row).replace("\N{MINUS SIGN}", "-")
    numbers = [float(n) / 100 for n in re.findall(r"[+-]\d+\.\d+", said)]
    assert numbers == pytest.approx([row["effect"], row["low"], row["high"]], abs=5e-5)
    assert said.startswith("The difference in test accuracy is ")


def test_an_effect_of_one_replicate_has_no_interval(tables):
    row = tables["claims"].query("claim == 1 and noise_rate == 0.4").to_dict("records")[0]
    said = sections.measured({**row, "low": float("nan"), "high": float("nan"), "replicates": 1})
    assert said.endswith(", over 1 replicate, without an interval.")
    assert "[" not in said


def test_an_effect_that_is_not_known_is_not_said(tables):
    row = tables["claims"].query("claim == 3 and noise_rate == 0").to_dict("records")[0]
    assert sections.measured(row) == ""


def test_words_that_the_page_uses_are_explained():
    for word in ("density", "sparsity", "round", "rewinding", "criterion", "replicate"):
        assert sections.GLOSSARY[word].endswith(".")


def test_a_claim_that_is_new_is_shown_all_the_same(tables):
    table = tables["claims"].assign(claim=9)
    (section,) = sections.claims({"claims": table})
    assert section.title == "Claim 9"


def test_the_shared_round_0_costs_once(rows):
    """The made-up rows take 0.4 seconds each."""
    shared = rows.query("round == 0 and without in ('', 'noisy')")
    once = len(shared.drop_duplicates(["width", "without", "noise_rate", "seed"]))
    seconds = 0.4 * (len(rows) - len(shared) + once)
    assert f"({seconds:,.0f} s)" in provenance.cost(rows)


def test_what_is_not_recorded_is_said(run, facts):
    unknown = replace(run, config={}, experiment=None)
    said = provenance.described(unknown, facts)
    assert said["git commit"] == ["not recorded"]
    assert said["unfinished"] == ["what was asked for is not known"]
    assert provenance.commands(unknown)[0].startswith("(not recorded)")
