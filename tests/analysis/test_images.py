"""The gain with an interval over seeds and test images: a slow reference, and coverage."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pruning_jax.analysis.images import crossed, differences, gain_over_images
from pruning_jax.experiment.cells import Cell
from pruning_jax.files import write_arrays
from pruning_jax.workdir import paths
from pruning_jax.workdir.collect import Run


def slow(d, confidence=0.95):
    """The two-way interval of d[seed, image], by sums over single entries."""
    seeds, images = d.shape
    mean = sum(d[s, i] for s in range(seeds) for i in range(images)) / d.size
    rows = [sum(d[s]) / images for s in range(seeds)]
    columns = [sum(d[:, i]) / seeds for i in range(images)]
    a = images * sum((r - mean) ** 2 for r in rows) / (seeds - 1)
    b = seeds * sum((c - mean) ** 2 for c in columns) / (images - 1)
    e = sum(
        (d[s, i] - rows[s] - columns[i] + mean) ** 2 for s in range(seeds) for i in range(images)
    ) / ((seeds - 1) * (images - 1))
    a = max(a, 1 / images)
    both = a + max(b - e, 0)
    half = stats.t.ppf((1 + confidence) / 2, (both / a) ** 2 * (seeds - 1))
    half *= np.sqrt(both / d.size)
    return mean - half, mean + half


def test_the_interval_is_that_of_the_formula():
    rng = np.random.default_rng(0)
    d = rng.integers(-1, 2, (4, 3, 30)).astype(float)
    found = crossed(d)
    for round_ in range(3):
        expected = slow(d[:, round_])
        assert (found.low[round_], found.high[round_]) == pytest.approx(expected, abs=1e-12)


def test_seeds_without_a_round_are_left_out():
    rng = np.random.default_rng(1)
    d = rng.integers(-1, 2, (4, 3, 30)).astype(float)
    d[1, 2] = d[3, 1:] = np.nan
    found = crossed(d)
    assert (found.low[2], found.high[2]) == pytest.approx(slow(d[[0, 2], 2]), abs=1e-12)
    assert (found.low[1], found.high[1]) == pytest.approx(slow(d[:3, 1]), abs=1e-12)
    alone = crossed(d[:1])
    assert np.isnan(alone.low).all()


@pytest.mark.parametrize(("of_seed", "of_image"), [(0.02, 0.3), (0.0, 0.3), (0.02, 0.0)])
def test_it_covers_the_truth(of_seed, of_image):
    """Seeds and images both drawn anew in 1,000 tables, the mean known: it lies inside in at least
    95 %, less four standard errors of that share."""
    rng, seeds, images, tables = np.random.default_rng(2), 5, 200, 1000
    effects = of_seed * rng.standard_normal((seeds, tables, 1))
    hard = of_image * rng.standard_normal((1, tables, images))
    noise = 0.5 * rng.standard_normal((seeds, tables, images))
    found = crossed(0.1 + effects + hard + noise)
    inside = ((found.low <= 0.1) & (found.high >= 0.1)).mean()
    assert inside >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / tables)


def test_it_is_wider_where_images_differ():
    """An interval over seeds alone takes the images for given; then it misses too often."""
    rng, tables = np.random.default_rng(3), 400
    hard = 0.5 * rng.standard_normal((1, tables, 100))
    d = hard + 0.1 * rng.standard_normal((5, tables, 100))
    found, mean = crossed(d), d.mean(2)
    half = stats.t.ppf(0.975, 4) * mean.std(0, ddof=1) / np.sqrt(5)
    assert (np.abs(mean.mean(0)) <= half).mean() < 0.7
    assert ((found.low <= 0) & (found.high >= 0)).mean() > 0.92


def test_a_diverged_round_has_no_differences():
    examples = {
        "test_label": np.array([0, 1, 2], np.int32),
        "test_prediction": np.array([[0, 0, 0], [0, 1, 0], [1, 1, 1]], np.uint16),
        "train_loss": np.array([[1.0], [1.0], [np.nan]], np.float32),
    }
    np.testing.assert_array_equal(differences(examples), [[0, 0, 0], [0, 1, 0], [np.nan] * 3])


def test_the_table_of_a_run(tmp_path):
    """Two rounds that prune, three seeds; a control and an algorithm that prunes nothing are no
    part of it."""
    label, rows, right = np.arange(20, dtype=np.int32) % 10, [], {}
    for seed in range(3):
        for name, density in (("lrr", 0.5), ("extended_dense", 1.0), ("control", 0.5)):
            rng = np.random.default_rng([seed, len(name)])
            prediction = np.where(rng.random((3, 20)) < 0.6, label, (label + 1) % 10)
            right[name, seed] = (prediction == label).astype(float)
            arrays = {
                "test_label": label,
                "test_prediction": prediction.astype(np.uint16),
                "train_loss": np.ones((3, 4), np.float32),
                **{n: np.zeros(4, np.int32) for n in ("label", "true_label", "index")},
                **{n: np.zeros(4, bool) for n in ("is_noisy",)},
                "used": np.ones(4, bool),
                "el2n": np.zeros(4, np.float32),
                "correct": np.ones((3, 4), bool),
            }
            write_arrays(paths.examples(tmp_path, Cell(name, 0.4, seed)), arrays)
            rows += [
                {"algorithm": name, "noise_rate": 0.4, "seed": seed, "round": r}
                | {"density": density**r, "control_of": "lrr" if name == "control" else ""}
                | {"without": "", "width": 1.0}
                for r in range(3)
            ]
    table = gain_over_images(Run(tmp_path, pd.DataFrame(rows)))
    assert table[["algorithm", "round", "density"]].to_numpy().tolist() == [
        ["lrr", 1, 0.5],
        ["lrr", 2, 0.25],
    ]
    for row in table.itertuples():
        gains = [right["lrr", s][row.round] - right["lrr", s][0] for s in range(3)]
        assert row.gain == pytest.approx(np.mean(gains))
        assert (row.both_low, row.both_high) == pytest.approx(slow(np.array(gains)), abs=1e-12)
        assert (row.images, row.replicates) == (20, 3)
