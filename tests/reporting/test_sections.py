"""What the page says, in words."""

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


def test_words_that_the_page_uses_are_explained():
    for word in ("density", "sparsity", "round", "rewinding", "criterion", "replicate"):
        assert sections.GLOSSARY[word].endswith(".")


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
