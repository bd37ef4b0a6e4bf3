"""What the page says, in words."""

from dataclasses import replace

import pytest

from pruning_jax.analysis import answers
from pruning_jax.reporting import page, provenance, sections
from pruning_jax.reporting.parts import Part


@pytest.fixture(scope="module")
def content(run, tables, facts, charts):
    made = sections.content([Part("", run, tables, [])], facts, charts, [])
    assert not made.missing
    return made


def test_the_lead_says_what_was_run(content):
    (section,) = content.runs
    for words in ("digits", "lenet_300_100", "44,200 prunable weights", "lrr, random and extended"):
        assert words in section.lead
    assert "4 seeds" in section.lead


def test_where_nothing_is_decided_the_first_line_of_the_page_says_why(run, facts, charts):
    few = replace(run, rows=run.rows[run.rows["seed"].isin(sorted({*run.rows["seed"]})[:2])])
    made = sections.content([Part("", few, answers.tables(few, []), [])], facts, charts, [])
    said = "Nothing is decided: verdicts need at least 3 seeds, and there are 2."
    assert made.runs[0].undecided == said
    html = page.render(made)
    assert html.index('aria-label="The answer"') < html.index(said) < html.index('"headlines"')
    asked = {line.verdict for claim in made.runs[0].claims for line in claim.lines}
    assert asked == {"undecided", "not asked"}


def test_where_something_could_be_decided_no_such_line_is_there(content):
    assert content.runs[0].undecided == ""
    assert 'class="few"' not in page.render(content)


def test_what_is_missing_says_in_which_run(run, tables, facts, charts):
    lost = replace(run, problems=["a file"], unfinished=["a cell"])
    parts = [Part("a", lost, tables, ["a table"]), Part("b", run, {}, [])]
    made = sections.content(parts, facts, charts, ["a figure"])
    assert made.missing[:3] == ["a: a file", "a: a cell", "a: a table"]
    assert made.missing[3].startswith("b: the verdicts cannot be made")
    assert made.missing[-1] == "a figure"
    assert made.title.startswith("a and b: ")


def test_listings_of_several_runs_say_of_which(run, tables, facts, charts):
    parts = [Part("a", run, tables, []), Part("b", run, tables, [])]
    (one,) = [x for x in sections.content(parts[:1], facts, charts, []).listings if x.name == "tie"]
    (both,) = [x for x in sections.content(parts, facts, charts, []).listings if x.name == "tie"]
    assert both.headings == ("run", *one.headings)
    assert [line.cells[0] for line in both.lines] == ["a"] * len(one.lines) + ["b"] * len(one.lines)
    assert [line.cells[1:] for line in both.lines[: len(one.lines)]] == [x.cells for x in one.lines]


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
