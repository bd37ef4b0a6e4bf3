"""Agreement and calibration, against loops over examples in NumPy and files that a run wrote."""

import numpy as np
import pytest

import pruning_jax as pj
from pruning_jax.analysis.subgroups import groups, score
from pruning_jax.experiment.cells import Cell
from pruning_jax.exploring import calibration, outputs
from pruning_jax.exploring.bench import Bench
from pruning_jax.exploring.exploration import Choice, networks


def softmax(row):
    powers = [np.exp(x - max(row)) for x in row]
    return [x / sum(powers) for x in powers]


@pytest.mark.parametrize("bins", [1, 4, 15])
def test_measures_are_those_of_loops(bins):
    rng = np.random.default_rng(bins)
    logits, labels = 3 * rng.normal(size=(60, 5)), rng.integers(5, size=60)
    every = [softmax(row) for row in logits]
    log_p = calibration.log_probabilities(logits.astype(np.float32))
    np.testing.assert_allclose(np.exp(log_p), every, rtol=1e-5)
    nll = np.mean([-np.log(p[y]) for p, y in zip(every, labels, strict=True)])
    assert calibration.negative_log_likelihood(log_p, labels) == pytest.approx(nll, rel=1e-5)
    brier = np.mean(
        [
            sum((p - (k == y)) ** 2 for k, p in enumerate(own))
            for own, y in zip(every, labels, strict=True)
        ]
    )
    assert calibration.brier(np.array(every), labels) == pytest.approx(brier)
    error = 0.0
    for b in range(bins):
        own = [
            (max(p), np.argmax(p) == y)
            for p, y in zip(every, labels, strict=True)
            if b / bins < max(p) <= (b + 1) / bins
        ]
        if own:
            accuracy, confidence = np.mean([c for _, c in own]), np.mean([p for p, _ in own])
            error += len(own) / len(labels) * abs(accuracy - confidence)
    confidence, correct = np.max(every, 1), np.argmax(every, 1) == labels
    found = calibration.expected_calibration_error(confidence, correct, bins)
    assert found == pytest.approx(error)


def test_the_edges_of_bins_belong_to_the_lower_one():
    confidence = np.array([0.2, 0.2, 0.4, 1.0])
    correct = np.array([True, False, True, True])
    # (0, 0.2]: 0.5 against 0.2; (0.2, 0.4]: 1 against 0.4; (0.8, 1]: 1 against 1
    expected = (2 * 0.3 + 0.6 + 0) / 4
    assert calibration.expected_calibration_error(confidence, correct, 5) == pytest.approx(expected)


def test_calibrated_predictions_have_a_small_error_and_sure_ones_a_large_one():
    rng = np.random.default_rng(0)
    log_p = calibration.log_probabilities(2 * rng.normal(size=(20_000, 10)))
    p = np.exp(log_p)
    labels = np.array([rng.choice(10, p=row) for row in p])
    right = p.argmax(-1) == labels
    assert calibration.expected_calibration_error(p.max(-1), right) < 0.02
    sure = np.exp(calibration.log_probabilities(5 * log_p))
    assert calibration.expected_calibration_error(sure.max(-1), right) > 0.2


def test_total_variation():
    p, q = np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[0.0, 1.0], [0.25, 0.75]])
    assert calibration.total_variation(p, q) == (1 + 0.25) / 2


def test_networks_say_what_the_run_recorded(run):
    """Predictions of test examples, losses and hits of training examples."""
    bench = Bench(run)
    for network in networks(run, Choice(rounds=(0, 2))):
        own = run.examples(network.cell)
        log_p = calibration.log_probabilities(outputs.logits(bench, network))
        test, train = log_p[bench.division.test], log_p[bench.division.train]
        np.testing.assert_array_equal(test.argmax(-1), own["test_prediction"][network.round])
        np.testing.assert_array_equal(
            train.argmax(-1) == own["label"], own["correct"][network.round]
        )
        losses = [-row[label] for row, label in zip(train, own["label"], strict=True)]
        np.testing.assert_allclose(losses, own["train_loss"][network.round], rtol=1e-4, atol=1e-6)


def test_rows_are_means_over_their_examples(run):
    rows = pj.explore(run, "function", seeds=[0], noise_rates=[0.4], groups=5)
    assert {*rows.examples} == {"test", "train", "clean", "noisy", "el2n"}
    cell = Cell("random", 0.4, 0)
    own = run.examples(cell)
    predicted = own["test_prediction"].astype(int)
    mine = rows[(rows.algorithm == "random") & (rows["round"] == 3)].set_index("examples")
    test = mine.loc["test"]
    hits = predicted == own["test_label"]
    assert test["count"] == len(own["test_label"])
    assert test.agreement == pytest.approx((predicted[3] == predicted[0]).mean())
    assert test.corrected == pytest.approx((hits[3] & ~hits[0]).mean())
    assert test.broken == pytest.approx((~hits[3] & hits[0]).mean())
    assert test.accuracy == pytest.approx(hits[3].mean())
    group = groups(score(own), 5)
    chosen = {"clean": ~own["is_noisy"], "noisy": own["is_noisy"], "train": own["label"] >= 0}
    for name, where in chosen.items():
        assert mine.loc[name, "accuracy"] == pytest.approx(own["correct"][3][where].mean())
        assert mine.loc[name, "nll"] == pytest.approx(own["train_loss"][3][where].mean(), rel=1e-4)
    for _, row in mine.loc["el2n"].iterrows():
        where = group == row.group
        assert row["count"] == where.sum()
        assert row.accuracy == pytest.approx(own["correct"][3][where].mean())
    dense = rows[rows["round"] == 0]
    assert (dense.agreement == 1).all()
    assert (dense[["corrected", "broken", "variation"]] == 0).all(axis=None)
    changed = rows.corrected + rows.broken
    assert (changed <= 1 - rows.agreement + 1e-12).all()


def test_without_noise_there_are_no_noisy_examples(run):
    rows = pj.explore(run, "function", seeds=[0], noise_rates=[0.0], algorithms=["lrr"])
    assert {*rows.examples} == {"test", "train", "clean", "el2n"}
