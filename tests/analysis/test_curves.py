"""Curves, degradation, optimum and TIE, against pandas and by hand."""

import numpy as np
import pandas as pd
import pytest
import synthetic
from synthetic import PAPER, Truth

from pruning_jax.analysis.curves import curves, memorisation, over_seeds, relative_loss
from pruning_jax.analysis.degradation import degradation
from pruning_jax.analysis.optimum import optimum
from pruning_jax.analysis.removed import tie
from pruning_jax.analysis.statistics import estimate

ROWS = synthetic.rows(PAPER)
KEYS = ["algorithm", "noise_rate", "round"]


def by_hand(rows, measure):
    """Mean, interval and density of every group of rows."""
    found = {}
    for key, part in rows.groupby(KEYS):
        own = estimate(part[measure])
        found[key] = (part["density"].mean(), *own[:3], own.replicates)
    names = ["density", "mean", "low", "high", "replicates"]
    return pd.DataFrame(found.values(), pd.MultiIndex.from_tuples(found, names=KEYS), names)


def test_curves_are_the_means_over_seeds():
    found = curves(ROWS)
    accuracy = found[found["measure"] == "test_accuracy"].set_index(KEYS).sort_index()
    expected = by_hand(ROWS, "test_accuracy").sort_index()
    pd.testing.assert_frame_equal(
        accuracy[[*expected]].astype(float), expected.astype(float), check_exact=False
    )
    error = found[found["measure"] == "test_error"].set_index(KEYS).sort_index()
    np.testing.assert_allclose(error["low"], 1 - accuracy["high"])
    assert {"train_loss", "distance", "validation_noisy_accuracy"} <= set(found["measure"])
    assert not found.duplicated([*KEYS, "measure"]).any()


def test_diverged_rows_are_not_counted():
    rows = ROWS.reset_index(drop=True)
    one = (rows["algorithm"] == "lrr") & (rows["seed"] == 1) & (rows["round"] == 5)
    rows.loc[one, "diverged"] = True
    rows.loc[one, "train_loss"] = np.inf
    found = curves(rows).query("algorithm == 'lrr' and round == 5")
    assert (found["replicates"] == 4).all()
    assert np.isfinite(found["mean"]).all()


def test_one_measure_is_that_of_the_curves_and_shows_where_all_diverged():
    rows = ROWS.reset_index(drop=True)
    lrr = (rows["algorithm"] == "lrr") & (rows["noise_rate"] == 0.2)
    rows.loc[lrr & (rows["round"] == 5), "diverged"] = True
    rows = rows[~(lrr & (rows["round"] > 5))]
    found = over_seeds(rows, "train_loss")
    all_measures = curves(rows)
    expected = all_measures[all_measures["measure"] == "train_loss"].drop(columns="measure")
    there = found[found["replicates"] > 0]
    pd.testing.assert_frame_equal(
        there.reset_index(drop=True), expected.reset_index(drop=True), check_like=True
    )
    (ended,) = found[found["replicates"] == 0].itertuples()
    assert (ended.algorithm, ended.noise_rate, ended.round) == ("lrr", 0.2, 5)
    assert ended.density == pytest.approx(0.8**5)
    assert np.isnan(ended.mean)


def test_relative_loss_is_a_geometric_mean_of_ratios():
    found = relative_loss(ROWS).set_index(KEYS)
    loss = ROWS.set_index([*KEYS, "seed"])["train_loss"].sort_index()
    logs = np.log(loss["lrr", 0.2, 5] / loss["lrr", 0.2, 0])
    own = found.loc[("lrr", 0.2, 5)]
    np.testing.assert_allclose(own[["mean", "low", "high"]], np.exp(estimate(logs)[:3]))
    assert own["density"] == pytest.approx(0.8**5)
    np.testing.assert_allclose(found.loc[("extended_dense", 0.2, 0), ["mean", "low"]], 1)
    assert not found.index.get_level_values(0).str.contains("without").any()


def test_relative_loss_survives_a_loss_of_zero():
    rows = ROWS.assign(train_loss=ROWS["train_loss"].where(ROWS["round"] < 3, 0))
    found = relative_loss(rows)
    assert np.isfinite(found["mean"]).all()
    assert (found["mean"] > 0).all()


def test_degradation_is_paired_with_the_control_of_the_same_round():
    found = degradation(ROWS).set_index(KEYS)
    accuracy = ROWS.set_index([*KEYS, "seed"])["test_accuracy"].sort_index()
    for name in ("lrr", "extended_dense_width_0.41"):
        own = accuracy[f"{name}_without_noisy", 0.2, 4] - accuracy[name, 0.2, 4]
        np.testing.assert_allclose(
            found.loc[(name, 0.2, 4), ["mean", "low", "high"]].astype(float), estimate(own)[:3]
        )
    assert set(found.index.get_level_values(1)) == {0.2}


def test_memorisation_has_noisy_examples_only_with_noise():
    rows = ROWS.assign(
        noisy_accuracy=ROWS["noisy_accuracy"].where(ROWS["noise_rate"] > 0),
        noisy_recovered=ROWS["noisy_recovered"].where(ROWS["noise_rate"] > 0),
    )
    found = memorisation(rows)
    by = found.groupby("noise_rate")["measure"].unique()
    assert list(by[0.0]) == ["clean_accuracy"]
    assert set(by[0.2]) == {"clean_accuracy", "noisy_accuracy", "noisy_recovered"}
    assert not found["algorithm"].str.contains("without").any()


def test_the_optimum_is_where_it_was_planted():
    found = optimum(synthetic.rows(PAPER.with_(luck=1e-4, sampling=1e-4)))
    assert set(found["algorithm"]) == {"lrr", "extended_dense"}
    own = found[found["algorithm"] == "lrr"]
    assert list(own["selected_by"].unique()) == ["validation_accuracy", "validation_noisy_accuracy"]
    assert list(own["round"]) == [4] * 4
    assert own["density"].to_numpy() == pytest.approx(0.8**4)
    assert own["gain"].to_numpy() == pytest.approx(0.03, abs=1e-3)
    np.testing.assert_allclose(own["test_accuracy"] - own["dense_test_accuracy"], own["gain"])
    assert ((own["gain_low"] < 0.03) & (own["gain_high"] > 0.03)).mean() >= 0.75


def test_noisy_labels_may_choose_another_density():
    rows = ROWS.assign(
        validation_noisy_accuracy=ROWS["validation_noisy_accuracy"] + 0.5 * (ROWS["round"] == 2)
    )
    found = optimum(rows).set_index(["algorithm", "noise_rate", "selected_by"])["round"]
    assert found["lrr", 0.2, "validation_accuracy"] == 4
    assert found["lrr", 0.2, "validation_noisy_accuracy"] == 2


def test_the_gain_at_the_optimum_is_not_luck():
    """Where nothing differs, the best of nine rounds gains nothing."""
    rates = tuple(0.01 * i for i in range(1, 101))
    found = optimum(synthetic.rows(Truth(luck=0.01, rates=rates)))
    own = found[(found["algorithm"] == "lrr") & (found["selected_by"] == "validation_accuracy")]
    assert abs(own["gain"].mean()) < 3 * own["gain"].std() / 10
    assert (own["gain_low"] > 0).mean() <= 0.06


def with_tie(rows, difference):
    """The rows, and dense networks trained without the examples of rounds 2 and 5."""
    dense = rows[(rows["algorithm"] == "lrr") & (rows["round"] == 0)]
    parts = [rows]
    for round_ in (2, 5):
        for kind in ("top_improved", "random"):
            names = {"algorithm": f"without_{kind}_{round_:02d}", "without": kind}
            own = dense.assign(**names, control_of="lrr", control_round=round_)
            parts.append(own.assign(test_accuracy=0.8 + difference * (kind == "random")))
    return pd.concat(parts)


def test_tie_is_a_paired_difference():
    found = tie(with_tie(ROWS, 0.02))
    assert len(found) == 4
    assert list(found["control_round"]) == [2, 5, 2, 5]
    np.testing.assert_allclose(found["density"], [0.8**2, 0.8**5] * 2)
    for name, value in {
        "top_improved": 0.8,
        "random": 0.82,
        "difference": 0.02,
        "low": 0.02,
    }.items():
        np.testing.assert_allclose(found[name], value)
    assert (found["control_of"] == "lrr").all()
    assert (found["replicates"] == 5).all()


def test_tie_needs_both_of_a_pair():
    rows = with_tie(ROWS, 0.02)
    assert list(tie(rows[rows["algorithm"] != "without_random_05"])["control_round"]) == [2, 2]
    some = rows[~((rows["algorithm"] == "without_random_02") & (rows["seed"] < 3))]
    assert list(tie(some)["replicates"]) == [2, 5, 2, 5]
    assert len(tie(rows[rows["without"] == ""])) == 0
