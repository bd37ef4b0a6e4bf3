"""Sentences about verdicts are at most 30 words, whatever was found."""

import itertools

import numpy as np
import planted
import pytest
import report_rows
import synthetic
from hypothesis import given
from hypothesis import strategies as st

from pruning_jax.analysis.claims import judge, verdicts
from pruning_jax.analysis.claims.claims import NUMBERS, checked, claims, every_evidence
from pruning_jax.analysis.claims.evidence import MEASURES
from pruning_jax.analysis.claims.trials import somewhere
from pruning_jax.analysis.claims.verdicts import MOST_WORDS, VERDICTS
from pruning_jax.analysis.settings import Settings
from pruning_jax.reporting.claims import WEAK, sentence
from pruning_jax.reporting.headlines import WEAKLY, headline

NAMES = ("lrr", "weight_rewinding", "random", report_rows.HOSTILE[0])
RATES = (0.0, 0.1, 0.25, 0.4, 0.123456)


def rows(verdict, names=NAMES[:2], rates=RATES[:2], weak=()):
    """Rows of claims.csv; `verdict` is a function of an algorithm and a rate, `weak` are the
    algorithms whose control is."""
    return [
        {
            **{"algorithm": name, "noise_rate": rate, "verdict": verdict(name, rate)},
            "weak_control": name in weak,
        }
        for rate in rates
        for name in names
    ]


def short(sentence):
    """Whether a sentence is as short as it should be."""
    return len(sentence.split()) <= MOST_WORDS


def said(claim, table):
    return headline(claim, table).replace("\N{NO-BREAK SPACE}", " ")


# One sentence for each claim.


def test_it_names_algorithms_and_noise_rates():
    found = rows(lambda name, rate: "supported" if rate and name == "lrr" else "undecided")
    assert said(1, found) == (
        "Pruning does more than make networks smaller: supported for lrr at 10 % label noise and "
        "otherwise undecided."
    )


@pytest.mark.parametrize(
    ("verdict", "end"),
    [
        (lambda *_: "supported", "supported for every algorithm at every noise rate."),
        (
            lambda _, rate: "supported" if rate else "no gain",
            "supported at 10 % label noise and no gain without label noise.",
        ),
        (
            lambda name, _: "contradicted" if name == "lrr" else "undecided",
            "contradicted for lrr and undecided for weight_rewinding.",
        ),
    ],
)
def test_what_all_have_in_common_is_said_of_all(verdict, end):
    assert said(2, rows(verdict)) == f"{sentence(2)}: {end}"


def test_a_weak_control_is_said():
    found = rows(lambda *_: "supported", weak=("lrr",))
    assert said(1, found) == (
        f"{sentence(1)}: supported for weight_rewinding and supported (weak control) for lrr."
    )


def test_a_claim_that_is_not_asked_says_where():
    found = rows(lambda _, rate: "supported" if rate else "not asked")
    assert said(3, found) == (
        f"{sentence(3)}: supported at 10 % label noise and not asked without label noise."
    )


def test_one_algorithm_at_one_noise_rate_is_named():
    found = rows(lambda *_: "supported", NAMES[:1], RATES[1:2])
    assert said(3, found).endswith(": supported for lrr at 10 % label noise.")


def test_many_cases_are_counted():
    verdict = dict(
        zip(itertools.product(NAMES, RATES), itertools.cycle(VERDICTS[:3] * 2 + VERDICTS))
    )
    found = rows(lambda *case: verdict[case], NAMES, RATES)
    counts = {v: [row["verdict"] for row in found].count(v) for v in VERDICTS}
    assert said(4, found) == (
        f"{sentence(4)}: supported in {counts['supported']}, contradicted in "
        f"{counts['contradicted']}, no gain in {counts['no gain']}, undecided in "
        f"{counts['undecided']} and not asked in {counts['not asked']} of 20 cases."
    )


def test_a_run_in_which_nothing_prunes():
    empty = [{"algorithm": "", "noise_rate": 0.0, "verdict": "not asked", "weak_control": False}]
    assert said(1, empty).endswith(": not asked, because no algorithm prunes.")
    assert short(said(1, empty))


@given(
    st.sampled_from(NUMBERS),
    st.integers(1, 4),
    st.integers(1, 5),
    st.lists(st.sampled_from([*VERDICTS, WEAKLY]), min_size=20, max_size=20),
    st.text("ab _-", min_size=1, max_size=60).filter(str.strip),
)
def test_whatever_is_found_the_sentence_is_short(claim, names, rates, found, odd):
    own = (odd, *NAMES)[:names]
    # Only claim 1 weighs the control, and it can always be asked of what prunes.
    never = {"not asked": "undecided"} if claim == 1 else {WEAKLY: "supported"}
    found = [never.get(verdict, verdict) for verdict in found]
    order = iter(found)
    table = rows(lambda *_: next(order).removesuffix(f" ({WEAK})"), own, RATES[:rates])
    for row, verdict in zip(table, found, strict=False):
        row["weak_control"] = verdict == WEAKLY
    line = headline(claim, table)
    assert short(line), line
    assert line.startswith(f"{sentence(claim)}: ")
    assert line.endswith(".")
    for verdict in VERDICTS:
        assert (verdict in line) == (verdict in {row["verdict"] for row in table})


def test_a_sentence_that_is_too_long_is_noticed():
    assert not short(" ".join(["word"] * 31))
    assert short(" ".join(["word"] * 30))


# One sentence for each verdict.


def tables():
    """The verdicts on every planted truth, and on grids that lack something."""
    for case in planted.CASES.values():
        still = case.truth.with_(luck=2e-4, sampling=2e-4, of_log_loss=0.002, images=100_000)
        for truth in (case.truth, still):
            yield claims(synthetic.rows(truth.with_(rates=(0.0, 0.125)), 0))
    whole = synthetic.rows(synthetic.PAPER)
    yield claims(synthetic.rows(synthetic.PAPER.with_(seeds=2)))
    for lost in ("lrr_without_noisy", "extended_dense", "extended_dense_without_noisy"):
        yield claims(whole[whole["algorithm"] != lost])
    yield claims(whole[~whole["algorithm"].str.contains("width")])
    yield claims(whole[~whole["algorithm"].str.startswith("lrr")])
    longer = whole.assign(epochs_trained=whole["epochs_trained"].where(whole["density"] == 1, 1.0))
    yield claims(longer)


def test_every_sentence_of_every_planted_verdict_is_short():
    seen = set()
    for table in tables():
        for row in table.itertuples():
            assert short(row.sentence), row.sentence
            seen.add((row.claim, row.verdict))
        for claim, part in table.groupby("claim"):
            line = headline(int(claim), part.to_dict("records"))
            assert short(line), line
    possible = {*itertools.product(NUMBERS, VERDICTS)} - {(2, "no gain"), (3, "no gain")}
    assert seen == possible


def test_every_template_is_short_with_any_numbers(monkeypatch):
    """Also those that no planted truth reaches."""
    own = Settings(delta=0.00123456, margin=0.00123456, minimum_log_ratio=0.0123456)
    measured = checked(synthetic.rows(synthetic.PAPER))
    places = np.full(8, 0.0123456)
    known = every_evidence(measured, own)[0]
    evidence = known._replace(noise=0.123456, density=places, control=places)
    found = somewhere(judge.claim(1, own).support, evidence, own)

    def said(claim, verdict, weak=False, measure="gain"):
        shown = found._replace(part=found.part._replace(measure=measure))
        own_evidence = evidence._replace(weak=np.full(8, weak))
        return verdicts.row(claim, verdict, own_evidence, shown, own).sentence

    for claim, verdict, weak in itertools.product(NUMBERS, VERDICTS, (False, True)):
        assert short(said(claim, verdict, weak))
    for measure in MEASURES:
        assert short(said(4, "undecided", measure=measure))
    monkeypatch.setitem(verdicts.SAYS, (1, "supported"), "word " * 40)
    assert not short(said(1, "supported"))


def test_a_name_of_many_words_is_left_out_where_it_is_too_long():
    name = "my own algorithm with very many words in its name"
    table = synthetic.rows(synthetic.PAPER.with_(luck=1e-4, sampling=1e-4))
    table = table.replace({"algorithm": {"lrr": name}, "control_of": {"lrr": name}})
    sentences = [*claims(table)["sentence"]]
    assert all(map(short, sentences))
    assert any("this algorithm" in one for one in sentences)
    assert any(name in one for one in sentences)
