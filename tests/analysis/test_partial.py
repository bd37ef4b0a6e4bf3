"""Tables that are unfinished, damaged or of another grid: nothing raises, what is missing is
said."""

import numpy as np
import pandas as pd
import pytest
import synthetic
from synthetic import PAPER

from pruning_jax.analysis.augmented import augmented
from pruning_jax.analysis.claim_curves import claim_curves
from pruning_jax.analysis.claims.claims import claims
from pruning_jax.analysis.curves import curves, memorisation, relative_loss
from pruning_jax.analysis.degradation import degradation
from pruning_jax.analysis.descent import descent
from pruning_jax.analysis.factors import factor_effects, two_factors
from pruning_jax.analysis.optimum import optimum
from pruning_jax.analysis.removed import tie
from pruning_jax.analysis.sensitivity import sensitivity
from pruning_jax.workdir.columns import SCHEMA

ROWS = synthetic.rows(PAPER).reset_index(drop=True)

COLUMNS = {
    claims: "claim algorithm noise_rate verdict measure effect low high confidence replicates "
    "density weak_control sentence settings",
    claim_curves: "claim algorithm noise_rate measure density effect low high confidence "
    "comparable replicates smallest",
    sensitivity: "setting value claim algorithm noise_rate verdict by_default",
    curves: "algorithm noise_rate round density measure mean low high replicates",
    memorisation: "algorithm noise_rate round density measure mean low high replicates",
    relative_loss: "algorithm noise_rate round density mean low high replicates",
    degradation: "algorithm noise_rate round density mean low high replicates",
    optimum: "algorithm noise_rate selected_by density round test_accuracy low high "
    "dense_test_accuracy gain gain_low gain_high replicates",
    two_factors: "noise_rate density time size measure mean low high replicates",
    factor_effects: "noise_rate density factor measure effect low high replicates",
    augmented: "noise_rate width weights_total round epochs_trained test_accuracy low high "
    "validation_accuracy selected replicates",
    tie: "noise_rate control_of control_round density top_improved random difference low high "
    "replicates",
    descent: "algorithm noise_rate feature density density_low density_high test_error "
    "test_error_low test_error_high replicates",
}


def every(rows):
    """The tables of all analyses; each has its columns."""
    before = rows.copy()
    found = {}
    for analysis, columns in COLUMNS.items():
        found[analysis] = analysis(rows)
        assert list(found[analysis].columns) == columns.split(), analysis.__name__
    pd.testing.assert_frame_equal(rows, before)
    return found


EMPTY = {
    "nothing": pd.DataFrame(),
    "columns": ROWS.iloc[:0],
    "schema": pd.DataFrame(columns=SCHEMA.names),
    "no keys": ROWS.drop(columns="seed"),
}


@pytest.mark.parametrize("rows", EMPTY.values(), ids=EMPTY)
def test_no_rows_give_empty_tables(rows):
    assert all(len(table) == 0 for table in every(rows).values())


def without_controls(rows):
    return rows[(rows["control_of"] == "") & (rows["without"] == "")]


NEW = ["width", "without", "control_of", "control_round", "distance"]
NARROW = "dense networks of smaller width are missing"
NONE_FITS = "no dense network of smaller width has as many weights"
FEW = "lrr has 1 of the 3 seeds that are needed"
NOWHERE = "at no density has every seed of lrr all that is compared"
CLEAN = "lrr trained without the noisy examples is missing"
MISSING = {
    "no controls": (without_controls(ROWS), {1: NARROW, 3: CLEAN, 4: NARROW}),
    "old columns": (without_controls(ROWS).drop(columns=NEW), {1: NARROW, 3: CLEAN}),
    "no clean controls": (ROWS[ROWS["without"] == ""], {3: CLEAN}),
    "no clean dense": (
        ROWS[(ROWS["without"] == "") | (ROWS["control_of"].eq("lrr") & ROWS["round"].gt(0))],
        {3: "the dense network trained without the noisy examples is missing"},
    ),
    "no pruning": (
        ROWS[~ROWS["algorithm"].str.startswith("lrr")],
        dict.fromkeys(range(1, 5), "no algorithm prunes"),
    ),
    "no extended": (ROWS[ROWS["algorithm"] != "extended_dense"], {4: "extended_dense is missing"}),
    "round 0": (ROWS[ROWS["round"] == 0], {1: "no algorithm prunes"}),
    "one round": (ROWS[ROWS["round"] < 2], {1: "the range ends at 80 % of the weights"}),
    "one seed": (ROWS[ROWS["seed"] == 3], dict.fromkeys(range(1, 5), FEW)),
    "one control less": (
        ROWS[~(ROWS["algorithm"].str.contains("width") & (ROWS["seed"] == 1))],
        {1: NOWHERE, 4: NOWHERE},
    ),
    "no accuracies": (
        ROWS.drop(columns=[c for c in ROWS if c.endswith("accuracy")]),
        {1: NOWHERE, 3: "is missing"},
    ),
    "no losses": (ROWS.drop(columns="train_loss"), {2: NOWHERE}),
    "no weights": (ROWS.drop(columns=["weights_total", "weights_remaining"]), {1: NONE_FITS}),
}


@pytest.mark.parametrize("case", MISSING)
def test_what_is_missing_is_said(case):
    rows, texts = MISSING[case]
    found = every(rows)[claims]
    assert len(found) == 8
    for claim, text in texts.items():
        own = found[(found["claim"] == claim) & (found["noise_rate"] == 0.2)].iloc[0]
        assert text in own["sentence"]
        asked = "no algorithm prunes" not in text
        assert own["verdict"] == ("undecided" if asked else "not asked")


@pytest.mark.parametrize("seed", range(12))
def test_any_part_of_a_table_will_do(seed):
    """Random cells, rows and columns are missing; some diverged; some values are not finite."""
    rng = np.random.default_rng(seed)
    rows = ROWS.copy()
    cell = rows.groupby(["algorithm", "noise_rate", "seed"]).ngroup().to_numpy()
    last = rng.integers(-1, 12, cell.max() + 1)
    rows = rows[rows["round"].to_numpy() <= last[cell]].copy()
    rows["diverged"] = rng.random(len(rows)) < 0.1
    for column in ("test_accuracy", "validation_accuracy", "train_loss"):
        odd = rng.choice([np.nan, np.inf, 0.0], len(rows))
        rows[column] = np.where(rng.random(len(rows)) < 0.1, odd, rows[column])
    optional = [c for c in rows if c not in ("algorithm", "noise_rate", "seed", "round")]
    every(rows.drop(columns=list(rng.choice(optional, rng.integers(0, 4), replace=False))))


def test_where_a_seed_diverged_nothing_is_supported():
    """Learning-rate rewinding gains most in round 4."""
    rows = ROWS.copy()
    ended = (rows["algorithm"] == "lrr") & (rows["seed"] == 1) & (rows["round"] >= 3)
    rows = rows[~(ended & (rows["round"] > 3))]
    rows.loc[ended & (rows["round"] == 3), ["diverged", "test_accuracy"]] = [True, np.nan]
    found = every(rows)[claims].set_index(["claim", "noise_rate"])
    assert found.loc[(1, 0.2)]["verdict"] == "undecided"
    assert found.loc[(2, 0.2)]["verdict"] == "supported"
    assert found.loc[(2, 0.2)]["density"] > 0.8**3


def test_the_order_of_rows_does_not_matter():
    shuffled = ROWS.sample(frac=1, random_state=0)
    expected, found = every(ROWS), every(shuffled)
    pd.testing.assert_frame_equal(found[claims], expected[claims])
    keys = ["algorithm", "noise_rate", "measure", "round"]
    pd.testing.assert_frame_equal(
        found[curves].sort_values(keys, ignore_index=True),
        expected[curves].sort_values(keys, ignore_index=True),
    )
