"""Verdicts on tables whose truth is known, against an independent computation, and in words."""

import numpy as np
import pandas as pd
import planted
import pytest
import synthetic
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import ENDED, QUIET
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import DescrStatsW, ttost_paired
from synthetic import PAPER, Truth

from pruning_jax.analysis.claims.claims import claims
from pruning_jax.analysis.claims.evidence import MEASURES, SCANNED
from pruning_jax.analysis.claims.verdicts import NOTHING, VERDICTS
from pruning_jax.analysis.settings import DEFAULTS, Settings


def one(rows, claim, **own):
    """The row of a claim, where there is one algorithm and one noise rate."""
    found = claims(rows, Settings(**own))
    assert list(found["claim"]) == [1, 2, 3, 4]
    return found.iloc[claim - 1]


# What is found.


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("case", "claim"), [(name, c) for name, case in planted.CASES.items() for c in case.finds]
)
def test_what_is_planted_is_found_or_left_open(case, claim, seed):
    """Where the seeds differ by little, it is found."""
    own = planted.CASES[case]
    still = own.truth.with_(luck=2e-4, sampling=2e-4, of_log_loss=0.002, images=100_000)
    rows = synthetic.rows(still.with_(rates=(0.2,)), seed)
    assert one(rows, claim)["verdict"] == own.finds[claim]
    assert one(synthetic.rows(own.truth.with_(rates=(0.2,)), seed), claim)["verdict"] in (
        *planted.statements(own.truth)[claim],
        "undecided",
    )


# An independent computation, with statsmodels.


class Oracle:
    """The tests of docs/verdicts.md on a table with one noise rate and `lrr`."""

    def __init__(self, rows, rounds=9, widths=(2, 4, 6, 8), images=1000):
        self.table = rows.set_index(["algorithm", "round"]).sort_index()
        self.rounds, self.widths, self.step = range(1, rounds), widths, 1 / images

    def of(self, name, round_, column="test_accuracy"):
        return self.table.loc[(name, round_)].sort_values("seed")[column].to_numpy()

    def values(self, measure, k):
        small = f"extended_dense_width_{0.8**k:.2f}"
        own = self.of("lrr", k)
        if measure == "log_loss":
            return np.log(self.of("lrr", k, "train_loss") / self.of("lrr", 0, "train_loss"))
        if measure == "reduction":
            clean = self.of("lrr_without_noisy", 0) - self.of("lrr_without_noisy", k)
            return clean - (self.of("lrr", 0) - own)
        other = {
            "gain": ("lrr", 0),
            "beyond_size": (small, 0),
            "beyond_time": ("extended_dense", k),
            "beyond_both": (small, k),
        }
        return own - self.of(*other[measure])

    def p(self, measure, k, alternative, limit):
        """Of one t-test; the differences spread by no less than the step of the accuracies."""
        values = self.values(measure, k)
        if measure != "log_loss" and values.std(ddof=1) < self.step:
            t = (values.mean() - limit) / (self.step / len(values) ** 0.5)
            return stats.t.sf(t if alternative == "larger" else -t, len(values) - 1)
        return DescrStatsW(values).ttest_mean(limit, alternative)[1]

    def equivalent(self, k, margin):
        values = self.values("beyond_both", k)
        if values.std(ddof=1) >= self.step:
            return ttost_paired(values, np.zeros(len(values)), -margin, margin)[0]
        sides = (("larger", -margin), ("smaller", margin))
        return max(self.p("beyond_both", k, *side) for side in sides)

    def supported(self, claim):
        """The p-value of each density, and the densities."""
        delta = DEFAULTS.delta
        gain = {k: self.p("gain", k, "larger", 0) for k in self.rounds}
        if claim == 1:
            found = [max(gain[k], self.p("beyond_size", k, "larger", 0)) for k in self.widths]
        elif claim == 2:
            found = [self.p("log_loss", k, "smaller", 0) for k in self.rounds]
        elif claim == 3:
            found = [max(gain[k], self.p("reduction", k, "larger", 0)) for k in self.rounds]
        else:
            found = [
                max(
                    gain[k],
                    self.p("beyond_size", k, "larger", 0),
                    self.p("beyond_time", k, "larger", 0),
                    self.equivalent(k, delta),
                )
                for k in self.widths
            ]
        return found

    def against(self, claim):
        delta = DEFAULTS.delta
        size = [self.p("beyond_size", k, "smaller", delta) for k in self.widths]
        time = [self.p("beyond_time", k, "smaller", delta) for k in self.widths]
        other = size if claim == 1 else np.minimum(1, 2 * np.minimum(size, time))
        gain = [self.p("gain", k, "larger", 0) for k in self.widths]
        return np.maximum(gain, other)

    def nowhere(self, claim):
        if claim == 2:
            limit = -DEFAULTS.minimum_log_ratio
            return max(self.p("log_loss", k, "larger", limit) for k in self.rounds)
        gain = [self.p("gain", k, "smaller", DEFAULTS.delta) for k in self.rounds]
        if claim == 3:
            lost = [self.p("reduction", k, "smaller", DEFAULTS.delta) for k in self.rounds]
            return max(2 * np.minimum(gain, lost))
        return max(gain)

    def verdict(self, claim):
        if self.nowhere(claim) <= 0.05:
            return "contradicted" if claim in (2, 3) else "no gain"
        if multipletests(self.supported(claim), method="holm")[0].any():
            return "supported"
        if claim in (1, 4) and multipletests(self.against(claim), method="holm")[0].any():
            return "contradicted"
        return "undecided"


@pytest.mark.parametrize("seed", range(60))
def test_verdicts_are_those_of_statsmodels(seed):
    """Effects of all sizes, most of them near the limits."""
    rng = np.random.default_rng(seed)
    base = rng.choice([0.0, 0.01, 0.03])
    gain = {k: base * rng.integers(0, 2) + rng.normal(0, 0.003) for k in synthetic.KINDS}
    gain["pruned"] = base + rng.normal(0, 0.004)
    truth = QUIET.with_(
        seeds=int(rng.integers(3, 10)),
        gain=gain,
        more_lost={"pruned": rng.normal(0, 0.01)},
        log_loss={"pruned": rng.normal(0, 0.05)},
        of_log_loss=0.02,
    )
    rows = synthetic.rows(truth, seed)
    found = claims(rows).set_index("claim")["verdict"]
    oracle = Oracle(rows)
    assert {c: found[c] for c in SCANNED} == {c: oracle.verdict(c) for c in SCANNED}


# What does not matter.


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(6)), many=st.booleans(), table=st.integers(0, 20))
def test_no_order_of_seeds_matters(order, many, table):
    truth = Truth(seeds=11 if many else 6, images=1000, gain={"pruned": 0.008})
    rows = synthetic.rows(truth, table)
    names = np.array([*order, *range(6, truth.seeds)])
    again = claims(rows.assign(seed=names[rows["seed"]]), Settings(resamples=999))
    first = claims(rows, Settings(resamples=999))
    pd.testing.assert_frame_equal(again, first, rtol=1e-9, atol=1e-12)


def test_other_algorithms_and_noise_rates_do_not_matter():
    rows = synthetic.rows(PAPER, 1)
    other = rows.replace(
        {name: {"lrr": "mine", "lrr_without_noisy": "mine_clean"} for name in ("algorithm",)}
    ).replace({"control_of": {"lrr": "mine"}})
    both = pd.concat([rows, other[other["algorithm"].str.startswith("mine")]])
    found = claims(both)
    assert list(found["algorithm"].unique()) == ["lrr", "mine"]
    assert len(found) == 2 * 2 * 4
    alone = claims(rows)
    for name, part in found.groupby("algorithm"):
        own = part.drop(columns=["algorithm", "sentence"]).reset_index(drop=True)
        expected = alone.drop(columns=["algorithm", "sentence"])
        pd.testing.assert_frame_equal(own, expected)
        assert part["sentence"].str.contains(name).sum() > 5


def test_claims_can_be_asked_of_one_algorithm():
    rows = synthetic.rows(PAPER)
    pd.testing.assert_frame_equal(
        claims(rows, Settings(pruned="lrr")).drop(columns="settings"),
        claims(rows).drop(columns="settings"),
    )
    with pytest.raises(ValueError, match="'ltr' is not one of lrr; did you mean lrr"):
        claims(rows, Settings(pruned="ltr"))


# Effects, intervals, sentences.


def every():
    """The verdicts of all planted cases, at one noise rate each."""
    for case in planted.CASES.values():
        for seed in range(3):
            yield claims(synthetic.rows(case.truth.with_(rates=(0.2,)), seed))


def test_the_interval_says_what_the_verdict_says():
    """It is that of the part that holds least surely; undecided ones reach over a limit."""
    limits = {
        "no gain": {"gain": (-np.inf, 0.005)},
        "contradicted": {
            **{"gain": (-np.inf, 0.005), "reduction": (-np.inf, 0.005)},
            "log_loss": (-np.log(1.05), np.inf),
            **dict.fromkeys(("beyond_size", "beyond_time"), (-np.inf, 0.005)),
        },
        "supported": {
            **dict.fromkeys(MEASURES, (0, np.inf)),
            "log_loss": (-np.inf, 0),
            "beyond_both": (-0.005, 0.005),
        },
    }
    seen = set()
    for table in every():
        for row in table.itertuples():
            within = limits["supported" if row.verdict == "undecided" else row.verdict]
            low, high = within[row.measure]
            if row.claim in (1, 4) and row.verdict == "contradicted" and row.measure == "gain":
                low, high = 0, np.inf
            inside = low <= row.low and row.high <= high
            assert inside == (row.verdict != "undecided") or np.isnan(row.effect), row
            assert row.low <= row.effect <= row.high
            seen.add((row.claim, row.verdict))
    assert len(seen) == 4 * 4 - 2  # claims 2 and 3 know no "no gain"


def test_sentences_are_short_and_plain():
    tables = [*every(), claims(synthetic.rows(PAPER)), claims(synthetic.rows(Truth(seeds=2)))]
    for table in tables:
        for sentence in table["sentence"]:
            assert len(sentence.split()) <= 30, sentence
            assert sentence.endswith(".")
            assert sentence.startswith(("With 20 % label noise, ", "Without label noise, "))
        assert table["verdict"].isin(VERDICTS).all()
        assert table["measure"].isin([*MEASURES, NOTHING]).all()


def test_claim_1_says_what_was_found():
    rows = synthetic.rows(PAPER.with_(rates=(0.2,), luck=1e-6, sampling=1e-6))
    found = one(rows, 1)
    assert found["effect"] == pytest.approx(0.03, abs=1e-4)
    assert found["density"] == pytest.approx(0.4096)
    assert found["replicates"] == 5
    assert found["confidence"] == pytest.approx(1 - 2 * 0.05 / 4)  # Holm's: the first of four
    assert found["sentence"] == (
        "With 20 % label noise, lrr at 41 % of the weights beats the dense network and the dense "
        "network of as many weights."
    )


def small(learns):
    """Pruning gains 3 points in every round; the dense networks of as many weights learn so much.
    `learns` has their test accuracy by round."""
    fallen = [learns.get(k, 0.85) - 0.85 for k in range(9)]
    gain = {"pruned": 0.03, "small": fallen}
    return synthetic.rows(PAPER.with_(rates=(0.2,), luck=1e-3, sampling=1e-3, gain=gain))


def test_a_weak_control_is_said():
    """With ten classes and 85 %, half of what is learnt beyond guessing is at 47.5 %."""
    found = one(small(dict.fromkeys((2, 4, 6, 8), 0.44)), 1)
    assert (found["verdict"], found["weak_control"]) == ("supported", True)
    assert found["sentence"].startswith("With 20 % label noise, lrr at ")
    assert found["sentence"].endswith(
        "% of the weights beats the dense network; the dense network of as many weights learns "
        "little (44 % accuracy)."
    )
    assert not one(small(dict.fromkeys((2, 4, 6, 8), 0.51)), 1)["weak_control"]


def test_a_density_whose_control_learns_is_shown_rather():
    found = one(small({4: 0.1, 6: 0.1, 8: 0.1}), 1)
    assert (found["verdict"], found["weak_control"]) == ("supported", False)
    assert found["density"] == pytest.approx(0.8**2)
    level = 1 - 2 * 0.05 / np.array([4, 3, 2, 1])  # Holm's
    assert np.isclose(found["confidence"], level).any()


def test_what_is_not_shown_at_the_density_that_comes_nearest():
    rows = synthetic.rows(planted.CASES["both, 10 seeds"].truth.with_(rates=(0.2,)))
    assert one(rows, 4, margin=0.0005)["sentence"].endswith(
        "but do not show that both factors together come within 0.05 points of lrr."
    )


def test_without_noise_there_is_no_degradation():
    found = claims(synthetic.rows(PAPER.with_(rates=(0.0,), luck=1e-3, sampling=1e-3)))
    assert list(found["verdict"]) == ["supported", "supported", "not asked", "supported"]
    assert found["sentence"][2] == "Without label noise, there are no noisy examples."


def test_settings_are_told_apart_and_kept():
    rows = synthetic.rows(QUIET)
    names = {one(rows, 1, **own)["settings"] for own in ({}, {"delta": 0.01}, {"alpha": 0.01})}
    assert len(names) == 3
    assert one(rows, 1)["settings"] == DEFAULTS.digest == Settings(delta=0.005).digest


def test_thresholds_are_parameters():
    rows = synthetic.rows(planted.CASES["both, 10 seeds"].truth.with_(rates=(0.2,)))
    assert one(rows, 4)["verdict"] == "supported"
    assert one(rows, 4, margin=0.0005)["verdict"] == "undecided"
    assert one(rows, 4, delta=0.05)["verdict"] == "no gain"
    assert one(rows, 1, alpha=1e-9)["verdict"] == "undecided"
    assert one(rows, 1, minimum_seeds=11)["sentence"].endswith(
        "lrr has 10 of the 11 seeds that are needed."
    )
    null = synthetic.rows(ENDED)
    assert one(null, 2, minimum_log_ratio=1.0)["verdict"] == "contradicted"
    assert one(null, 2, minimum_log_ratio=1e-6)["verdict"] == "undecided"


def test_pairing_takes_the_seeds_differences_away():
    rows = synthetic.rows(PAPER.with_(rates=(0.2,), of_seed=0.2))
    assert list(claims(rows)["verdict"])[:3] == ["supported"] * 3


def test_sizes_that_do_not_match_are_not_compared():
    rows = synthetic.rows(PAPER)
    narrow = rows["width"] != 1
    rows.loc[narrow, "weights_total"] *= 1000
    found = claims(rows)
    assert "no dense network of smaller width has as many weights" in found["sentence"][0]
    assert (found["verdict"][found["claim"].isin([1, 4])] == "undecided").all()
    loose = claims(rows, Settings(size_tolerance=2000.0))
    assert (loose["verdict"][loose["claim"] == 1] == "supported").all()


def test_training_times_that_do_not_match_are_not_compared():
    rows = synthetic.rows(planted.CASES["both, 10 seeds"].truth.with_(rates=(0.2,)))
    rows.loc[rows["algorithm"] == "lrr", "epochs_trained"] = 10.0
    found = one(rows, 4)
    assert found["verdict"] == "undecided"
    assert "extended_dense trains for another time than lrr" in found["sentence"]
    assert one(rows, 1)["verdict"] == "supported"


# Ranges that end, seeds that stop or diverge.

STILL = QUIET.with_(luck=2e-4, sampling=2e-4, of_log_loss=0.002, images=10_000)


def test_a_range_that_has_not_ended_leaves_everything_open():
    rows = synthetic.rows(STILL.with_(collapsed=0))
    found = claims(rows)
    assert (found["verdict"] == "undecided").all()
    assert (found["sentence"].str.contains("but the range ends at 16.8 % of the weights.")).all()
    assert found["effect"].notna().all()
    ended = claims(rows, Settings(chance=0.7))  # above two thirds nothing has been learnt
    assert list(ended["verdict"]) == ["no gain", "contradicted", "contradicted", "no gain"]


def test_a_range_is_whole_where_hardly_a_weight_is_left():
    rows = synthetic.rows(STILL.with_(collapsed=0))
    last = (rows["algorithm"] == "lrr") & (rows["round"] == 8)
    rows.loc[last, "weights_remaining"] = 9
    assert one(rows, 2)["verdict"] == "contradicted"


def test_of_an_unknown_data_set_nothing_is_taken_to_be_whole():
    rows = synthetic.rows(STILL).assign(dataset="mine:DATASET")
    assert one(rows, 1)["verdict"] == "undecided"
    assert one(rows, 1, chance=0.1)["verdict"] == "no gain"


def test_networks_that_stop_where_they_collapse_end_the_range():
    rows = synthetic.rows(STILL.with_(collapsed=3, stopped=True))
    stops = np.array([6, 5, 6, 4, 6])[rows["seed"]]
    lrr = rows["algorithm"].str.startswith("lrr")
    apart = rows[~lrr | (rows["round"] <= stops)].copy()
    assert one(apart, 1)["verdict"] == "undecided"  # seeds 1 and 3 could be unfinished
    ends = lrr & (rows["round"] == stops)
    apart.loc[ends, "clean_accuracy"] = 0.1
    assert one(apart, 1)["verdict"] == "no gain"


def test_a_density_that_not_all_seeds_reached_supports_nothing():
    late = np.arange(9) >= 6
    rows = synthetic.rows(STILL.with_(gain={"pruned": 0.1 * late}, collapsed=0))
    assert one(rows, 1)["verdict"] == "supported"
    lrr = rows["algorithm"].str.startswith("lrr") & (rows["seed"] == 2)
    assert one(rows[~lrr | (rows["round"] < 6)], 1)["verdict"] == "undecided"


def diverged(rows, seeds, round_=3):
    """The rows if the networks of these seeds diverge in a round."""
    own = rows["algorithm"].str.startswith("lrr") & rows["seed"].isin(seeds)
    found = rows[~own | (rows["round"] <= round_)].copy()
    lost = ["test_accuracy", "train_loss", "clean_accuracy", "diverged"]
    found.loc[own & (found["round"] == round_), lost] = [np.nan, np.nan, np.nan, True]
    return found


@pytest.mark.parametrize("claim", [1, 2, 3, 4])
def test_seeds_that_diverged_leave_the_others_to_be_tested(claim):
    rows = synthetic.rows(STILL)
    assert one(diverged(rows, [0, 1]), claim)["verdict"] == planted.NONE[claim]
    assert one(diverged(rows, [0, 1]), claim)["replicates"] <= 5
    assert one(diverged(rows, [0, 1, 2]), claim)["verdict"] == "undecided"


def test_what_is_refused_names_the_place():
    rows = synthetic.rows(Truth())
    with pytest.raises(ValueError, match="and of 4 more"):
        claims(pd.concat([rows, rows.iloc[70:75]]))
