"""The 2 x 2, its effects, and the augmented grid, against planted truth and by hand."""

import numpy as np
import pytest
import synthetic
from synthetic import PAPER, Truth

from pruning_jax.analysis.augmented import augmented
from pruning_jax.analysis.factors import factor_effects, two_factors
from pruning_jax.analysis.statistics import estimate

PRECISE = {"luck": 1e-6, "sampling": 1e-6, "of_log_loss": 1e-6}
PLANTED = Truth(
    rates=(0.0, 0.2),
    gain={"pruned": [0, 0, 0, 0, 0.03, 0, 0, 0, 0], "small": -0.02, "extended": 0.01},
    log_loss={"extended": -2, "small_extended": -1, "small": 0.5, "pruned": -1.5},
    more_lost={"extended": 0.02, "small": -0.02, "small_extended": -0.01, "pruned": -0.03},
    **PRECISE,
)


def test_the_cells_of_the_2_x_2_are_what_was_planted():
    found = two_factors(synthetic.rows(PLANTED))
    assert found["density"].unique() == pytest.approx(0.8**4)
    assert (found["replicates"] == 5).all()
    cells = found.set_index(["noise_rate", "measure", "time", "size"])["mean"].sort_index()
    losses = np.log(cells[0.2, "train_loss"]) + 3
    assert losses["standard", "full"] == pytest.approx(0, abs=1e-4)
    assert losses["extended", "full"] == pytest.approx(-2, abs=1e-4)
    assert losses["standard", "reduced"] == pytest.approx(0.5, abs=1e-4)
    assert losses["extended", "reduced"] == pytest.approx(-1, abs=1e-4)
    assert losses["pruned", "pruned"] == pytest.approx(-1.5, abs=1e-4)
    lost = cells[0.2, "degradation"]
    assert lost["standard", "full"] == pytest.approx(0.05, abs=1e-4)
    assert lost["extended", "reduced"] == pytest.approx(0.04, abs=1e-4)
    assert lost["pruned", "pruned"] == pytest.approx(0.02, abs=1e-4)
    assert (0.0, "degradation") not in cells.index.droplevel([2, 3])
    assert (0.0, "test_accuracy") in cells.index.droplevel([2, 3])


def test_effects_are_what_was_planted():
    found = factor_effects(synthetic.rows(PLANTED)).set_index(["noise_rate", "measure", "factor"])
    effect = found["effect"]
    assert effect[0.2, "log_train_loss", "time"] == pytest.approx((-2 - 1.5) / 2, abs=1e-4)
    assert effect[0.2, "log_train_loss", "size"] == pytest.approx((0.5 + 1) / 2, abs=1e-4)
    assert effect[0.2, "log_train_loss", "interaction"] == pytest.approx(-1.5 + 2, abs=1e-4)
    assert effect[0.2, "degradation", "time"] == pytest.approx((0.02 + 0.01) / 2, abs=1e-4)
    assert effect[0.2, "degradation", "size"] == pytest.approx((-0.02 - 0.03) / 2, abs=1e-4)
    assert effect[0.0, "test_accuracy", "size"] == pytest.approx((-0.02 - 0.01) / 2, abs=1e-4)
    assert (found["low"] <= effect).all()
    assert (found["high"] >= effect).all()


def test_effects_are_those_of_the_rows_by_hand():
    rows = synthetic.rows(PAPER.with_(rates=(0.2,)), 3)
    density = two_factors(rows)["density"].iloc[0]
    k = round(np.log(density) / np.log(0.8))
    small = f"extended_dense_width_{0.8**k:.2f}"
    by = rows.set_index(["algorithm", "round", "seed"])["test_accuracy"].sort_index()
    time = [by["extended_dense", k] - by["lrr", 0], by[small, k] - by[small, 0]]
    expected = estimate(((time[0] + time[1]) / 2).to_numpy())
    found = factor_effects(rows).query("measure == 'test_accuracy' and factor == 'time'").iloc[0]
    np.testing.assert_allclose(
        found[["effect", "low", "high"]].astype(float), expected[:3], atol=1e-12
    )


def test_the_augmented_grid_has_every_width_and_round_and_one_member_selected():
    gain = {"small_extended": [0, 0, 0, 0, 0.05, 0, 0, 0, 0]}
    rows = synthetic.rows(Truth(gain=gain, rates=(0.0, 0.2), **PRECISE))
    found = augmented(rows)
    assert len(found) == 2 * 5 * 9
    assert list(found["width"].unique()) == pytest.approx([0.17, 0.26, 0.41, 0.64, 1.0])
    selected = found[found["selected"]]
    assert list(selected["noise_rate"]) == [0.0, 0.2]
    assert list(selected["width"]) == [0.41, 0.41]
    assert (selected["round"] > 0).all()
    assert selected["test_accuracy"].to_numpy() == pytest.approx(0.9, abs=0.02)
    best = found.groupby("noise_rate")["validation_accuracy"].idxmax()
    assert list(selected.index) == list(best)
