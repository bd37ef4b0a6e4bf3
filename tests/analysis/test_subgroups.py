"""Groups by EL2N: against means taken example by example, and files that are damaged."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pruning_jax.analysis import subgroups
from pruning_jax.analysis.el2n import el2n
from pruning_jax.experiment.cells import Cell
from pruning_jax.workdir.collect import Run
from pruning_jax.workdir.columns import OVER_ROUNDS

N, ROUNDS, COUNT = 45, 3, 4
CELLS = [
    Cell(name, rate, seed) for name in ("lrr", "random") for rate in (0.0, 0.4) for seed in range(3)
]


def arrays(cell):
    rng = np.random.default_rng([cell.seed, int(10 * cell.noise_rate)])
    true = rng.integers(0, 10, N).astype(np.int32)
    label = np.where(rng.random(N) < cell.noise_rate, (true + 1) % 10, true).astype(np.int32)
    noisy = label != true
    el2n = (rng.random(N) + 0.7 * noisy).astype(np.float32)
    own = np.random.default_rng([cell.seed, len(cell.algorithm)])
    return {
        "label": label,
        "true_label": true,
        "is_noisy": noisy,
        "used": np.ones(N, bool),
        "index": np.arange(N, dtype=np.int32),
        "el2n": el2n,
        "train_loss": own.gamma(1.0, size=(ROUNDS, N)).astype(np.float32),
        "correct": own.random((ROUNDS, N)) < 0.7,
        "test_label": np.zeros(5, np.int32),
        "test_prediction": np.zeros((ROUNDS, 5), np.uint16),
    }


@pytest.fixture
def rows():
    records = [
        {"algorithm": c.algorithm, "noise_rate": c.noise_rate, "seed": c.seed, "round": r}
        | {"density": 0.5**r, "control_of": "", "without": "", "width": 1.0}
        for c in CELLS
        for r in range(ROUNDS)
    ]
    control = {**records[0], "algorithm": "control", "control_of": "lrr"}
    return pd.DataFrame([*records, control])


@pytest.fixture
def run(tmp_path, rows):
    for cell in CELLS:
        place = tmp_path / cell.folder
        place.mkdir(parents=True)
        np.savez(place / "examples.npz", **arrays(cell))
    return Run(tmp_path, rows)


@given(st.lists(st.floats(0, 2), min_size=1, max_size=60), st.integers(1, 20))
def test_groups_are_equal_and_in_order(scores, count):
    score = np.array(scores)
    group = subgroups.groups(score, count)
    sizes = np.bincount(group, minlength=count)
    assert len(sizes) == count
    assert sizes.max() - sizes.min() <= 1
    for low, high in zip(range(count), range(1, count), strict=False):
        if sizes[low] and sizes[high]:
            assert score[group == low].max() <= score[group == high].min()


def test_means_are_those_of_the_examples(run):
    table = subgroups.subgroups(run, count=COUNT)
    assert not run.unreadable
    assert list(table.columns) == subgroups.COLUMNS
    assert set(table.algorithm) == {"lrr", "random"}
    for row in table.iloc[::7].itertuples():
        found = {"loss": [], "accuracy": [], "relative": []}
        for seed in range(3):
            a = arrays(Cell(row.algorithm, row.noise_rate, seed))
            order = sorted(range(N), key=lambda i, a=a: (a["el2n"][i], i))
            mine = [i for place, i in enumerate(order) if place * COUNT // N == row.group]
            flags = {"all": (0, 1), "clean": (0,), "noisy": (1,)}[row.flag]
            mine = [i for i in mine if int(a["label"][i] != a["true_label"][i]) in flags]
            if mine:
                loss = np.mean([float(a["train_loss"][row.round, i]) for i in mine])
                dense = np.mean([float(a["train_loss"][0, i]) for i in mine])
                found["loss"].append(loss)
                found["relative"].append(np.log(loss / dense))
                found["accuracy"].append(np.mean([a["correct"][row.round, i] for i in mine]))
        assert row.replicates == len(found["loss"])
        assert row.loss == pytest.approx(np.mean(found["loss"]))
        assert row.accuracy == pytest.approx(np.mean(found["accuracy"]))
        assert row.relative_loss == pytest.approx(np.mean(found["relative"]), abs=1e-9)
        assert row.density == 0.5**row.round
        if row.replicates == 3:
            half = stats.sem(found["loss"]) * stats.t.ppf(0.975, 2)
            assert row.loss_high - row.loss == pytest.approx(half)


def test_a_clean_run_has_no_noisy_groups(run):
    table = subgroups.subgroups(run, count=COUNT)
    assert "noisy" not in set(table[table.noise_rate == 0].flag)
    assert set(table[table.noise_rate == 0.4].flag) == {"all", "clean", "noisy"}


def test_the_mean_score_is_used_where_there_is_one(run):
    plain = subgroups.subgroups(run, count=COUNT)
    for cell in CELLS:
        a = arrays(cell)
        np.savez(run.workdir / cell.folder / "examples.npz", **a, el2n_mean=a["el2n"][::-1])
    other = subgroups.subgroups(run, count=COUNT)
    assert not np.allclose(plain.loss, other.loss.iloc[: len(plain)].to_numpy()[: len(plain)])


def test_el2n_finds_noisy_examples_as_often_as_pairs_are_in_order(run):
    table = el2n(run)
    (row,) = table.itertuples()
    assert (row.noise_rate, row.score, row.replicates) == (0.4, "own", 3)
    areas = []
    for seed in range(3):
        a = arrays(Cell("lrr", 0.4, seed))
        pairs = a["el2n"][a["is_noisy"]][:, None] - a["el2n"][~a["is_noisy"]]
        areas.append(np.mean((pairs > 0) + 0.5 * (pairs == 0)))
    assert row.auc == pytest.approx(np.mean(areas))
    assert row.low < row.auc < row.high


def test_damaged_and_unfinished_cells(run):
    """One file cut short, one gone, one with a round less and one that diverged."""
    files = [run.workdir / cell.folder / "examples.npz" for cell in CELLS]
    files[0].write_bytes(files[0].read_bytes()[:100])
    files[1].unlink()
    short = {n: a[:2] if n in OVER_ROUNDS else a for n, a in arrays(CELLS[2]).items()}
    np.savez(files[2], **short)
    broken = arrays(CELLS[3])
    broken["train_loss"][1:] = np.nan
    np.savez(files[3], **broken)
    table = subgroups.subgroups(run, count=COUNT)
    assert [*run.unreadable] == files[:2]
    for path, line in run.unreadable.items():
        assert str(path) in line
        assert "its cell is left out of the analyses of examples" in line
    lrr = table[(table.algorithm == "lrr") & (table.flag == "all")]
    assert set(lrr[lrr.noise_rate == 0].replicates) == {1}
    assert set(lrr[lrr.noise_rate == 0]["round"]) == {0, 1}
    assert set(lrr[(lrr.noise_rate == 0.4) & (lrr["round"] > 0)].replicates) == {2}
