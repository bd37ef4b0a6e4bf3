"""The command that trains a grid: what it leaves on disk and says, as real processes."""

import json
import os
import time
from pathlib import Path

import matplotlib.image
import numpy as np
import pandas as pd
import processes
import pyarrow.parquet as pq
import pytest

from pruning_jax import machine
from pruning_jax.experiment.rules import count
from pruning_jax.wording import noise
from pruning_jax.workdir.columns import SCHEMA

ALGORITHMS = ("lrr", "weight_rewinding", "random")
CELLS = [(name, rate, 0) for name in ALGORITHMS for rate in (0.0, 0.3)]
LAYERS = {"Dense_0/kernel": (64, 30), "Dense_1/kernel": (30, 10), "Dense_2/kernel": (10, 10)}
TOTAL = 64 * 30 + 30 * 10 + 10 * 10
TRAIN, ROUNDS = 180, 2

CRITERION = """
import jax

def distance(evidence):
    def score(weight, anchor):
        return abs(weight) + 2 * abs(weight - anchor)

    return jax.tree.map(score, evidence.weights, evidence.anchor)
"""


@pytest.fixture(scope="session")
def reference(tmp_path_factory):
    return processes.reference(tmp_path_factory)


@pytest.fixture(scope="session")
def rows(reference):
    return pd.read_parquet(reference / "rounds.parquet")


def folder(workdir, cell):
    name, rate, seed = cell
    return workdir / "cells" / name / f"noise={rate:g}" / f"seed={seed}"


def arrays(path):
    with np.load(path, allow_pickle=False) as loaded:
        return dict(loaded)


def own_rows(rows, cell):
    name, rate, seed = cell
    own = (rows.algorithm == name) & (rows.noise_rate == rate) & (rows.seed == seed)
    return rows[own].reset_index(drop=True)


def test_every_file_of_the_contract_is_left_and_no_other(reference):
    rounds = [f"round_{r:02d}.npz" for r in range(3)]
    cell_files = ["examples.npz", "manifest.json", "rounds.parquet", "params/anchor.npz"]
    cell_files += [f"{what}/{name}" for what in ("masks", "params") for name in rounds]
    expected = [folder(Path(), cell) / name for cell in CELLS for name in cell_files]
    top = ["config.json", "rounds.parquet", "figures/accuracy.png"]
    assert processes.files(reference) == sorted([*top, *map(str, expected)])
    assert not list((reference / "checkpoints").glob("*/"))


def test_the_recorded_configuration_says_what_was_run_and_on_what(reference):
    recorded = json.loads((reference / "config.json").read_text())
    assert recorded["experiment"]["recipe"]["train_size"] == TRAIN
    assert list(recorded["experiment"]["algorithms"]) == list(ALGORITHMS)
    assert len(recorded["hash"]) == 16
    assert recorded["devices"]
    assert recorded["backend"] == "cpu"
    assert {"python", "jax", "flax", "numpy"} <= set(recorded["versions"])
    assert {"engine", "git_commit"} <= set(recorded)
    assert recorded["processor"] == machine.processor() != ""


def test_the_table_of_all_rows_is_the_union_of_the_cells_own(reference, rows):
    for cell in CELLS:
        own = pd.read_parquet(folder(reference, cell) / "rounds.parquet", partitioning=None)
        pd.testing.assert_frame_equal(own_rows(rows, cell), own, check_exact=True)
    assert len(rows) == len(CELLS) * (ROUNDS + 1)


def test_rows_have_the_columns_and_types_of_the_contract(reference, rows):
    strings = {
        "control_of",
        "without",
        "dataset",
        "model",
        "algorithm",
        "criterion",
        "rewind",
        "noise_kind",
        "schedule",
    }
    whole = {"seed", "round", "weights_total", "weights_remaining"}
    whole |= {"control_round", "train_examples"}
    accuracies = ("train", "train_true", "clean", "noisy", "validation", "test")
    numbers = {"noise_rate", "noise_realised", "epochs_trained", "density", "seconds"}
    numbers |= {"width", "distance"}
    numbers |= {"train_loss", "validation_loss", "test_loss", "noisy_recovered"}
    numbers |= {f"{name}_accuracy" for name in accuracies}
    promised = {
        **dict.fromkeys(strings, "string"),
        **dict.fromkeys(whole, "int64"),
        **dict.fromkeys(numbers, "double"),
        "diverged": "bool",
    }
    for path in (reference / "rounds.parquet", *reference.rglob("seed=*/rounds.parquet")):
        schema = pq.read_schema(path)
        types = {name: str(schema.field(name).type) for name in schema.names}
        assert promised.items() <= types.items()
        assert schema.types == SCHEMA.types
    assert (rows.seconds > 0).all()
    assert not rows.diverged.any()


@pytest.mark.parametrize("cell", CELLS)
def test_masks_are_bool_nested_and_counted_in_the_rows(reference, rows, cell):
    before = None
    for row in own_rows(rows, cell).itertuples():
        mask = arrays(folder(reference, cell) / "masks" / f"round_{row.round:02d}.npz")
        assert {name: leaf.shape for name, leaf in mask.items()} == LAYERS
        assert all(leaf.dtype == bool for leaf in mask.values())
        assert row.weights_total == TOTAL
        assert row.weights_remaining == sum(leaf.sum() for leaf in mask.values())
        assert row.weights_remaining == round(TOTAL * 0.8**row.round)
        assert row.density == row.weights_remaining / TOTAL
        assert before is None or all((mask[n] <= before[n]).all() for n in mask)
        before = mask


@pytest.mark.parametrize("cell", CELLS)
def test_examples_have_the_arrays_of_the_contract(reference, cell):
    examples = arrays(folder(reference, cell) / "examples.npz")
    each, all_rounds = (TRAIN,), (ROUNDS + 1, TRAIN)
    assert {name: (a.dtype.name, a.shape) for name, a in examples.items()} == {
        "label": ("int32", each),
        "true_label": ("int32", each),
        "is_noisy": ("bool", each),
        "used": ("bool", each),
        "index": ("int32", each),
        "el2n": ("float32", each),
        "el2n_mean": ("float32", each),
        "train_loss": ("float32", all_rounds),
        "correct": ("bool", all_rounds),
        "test_label": ("int32", (500,)),
        "test_prediction": ("uint16", (ROUNDS + 1, 500)),
    }
    assert len(np.unique(examples["index"])) == TRAIN
    assert (examples["el2n"] >= 0).all()
    assert (examples["el2n"] <= np.sqrt(2)).all()
    assert examples["used"].all()
    assert (examples["el2n"] == examples["el2n_mean"]).all()  # there is one seed
    assert (examples["is_noisy"] == (examples["label"] != examples["true_label"])).all()
    assert examples["is_noisy"].sum() == count(cell[1], TRAIN)


@pytest.mark.parametrize("cell", CELLS)
def test_rows_agree_with_the_arrays(reference, rows, cell):
    examples = arrays(folder(reference, cell) / "examples.npz")
    noisy = examples["is_noisy"]
    for row in own_rows(rows, cell).itertuples():
        correct, loss = examples["correct"][row.round], examples["train_loss"][row.round]
        assert row.train_accuracy == correct.mean()
        predicted = examples["test_prediction"][row.round]
        assert row.test_accuracy == (predicted == examples["test_label"]).mean()
        assert row.clean_accuracy == correct[~noisy].mean()
        assert row.train_loss == pytest.approx(loss.mean(dtype=np.float64), rel=1e-12)
        assert row.noise_realised == noisy.mean()
        if noisy.any():
            assert row.noisy_accuracy == correct[noisy].mean()
            fits_true = row.noisy_recovered * noisy.sum() + correct[~noisy].sum()
            assert row.train_true_accuracy == pytest.approx(fits_true / TRAIN, rel=1e-12)
            assert row.noisy_accuracy + row.noisy_recovered <= 1
        else:
            assert np.isnan([row.noisy_accuracy, row.noisy_recovered]).all()
            assert row.train_true_accuracy == row.train_accuracy


def test_epochs_are_counted_over_the_whole_procedure(rows):
    for name, last in {"lrr": 6, "random": 6, "weight_rewinding": 4}.items():  # rewound to 1ep
        assert own_rows(rows, (name, 0.3, 0)).epochs_trained.iloc[-1] == last


def test_all_algorithms_share_one_round_0(reference, rows):
    numbers = [name for name in rows.columns if rows[name].dtype == np.float64]
    measured = [name for name in numbers if name != "seconds"]
    for rate in (0.0, 0.3):
        first, *others = [(name, rate, 0) for name in ALGORITHMS]
        examples = arrays(folder(reference, first) / "examples.npz")
        for other in others:
            theirs = arrays(folder(reference, other) / "examples.npz")
            assert (examples["train_loss"][0] == theirs["train_loss"][0]).all()
            assert (examples["el2n"] == theirs["el2n"]).all()
            a, b = (own_rows(rows, cell)[measured].iloc[0] for cell in (first, other))
            pd.testing.assert_series_equal(a, b, check_exact=True, check_names=False)


def test_training_happened(rows):
    last = rows[rows["round"] == ROUNDS].set_index(["algorithm", "noise_rate"])
    dense = rows[rows["round"] == 0].set_index(["algorithm", "noise_rate"])
    assert (last.loc["lrr"].train_loss < dense.loc["lrr"].train_loss).all()


def test_the_figure_is_a_picture(reference):
    pixels = matplotlib.image.imread(reference / "figures" / "accuracy.png")
    assert pixels.shape[0] > 300
    assert pixels.shape[1] > 600
    ink = (pixels[..., :3].min(-1) < 0.9).mean()
    assert 0.01 < ink < 0.5


@pytest.mark.slow
def test_the_same_configuration_gives_the_same_files_without_tensorflow(reference, tmp_path):
    """Run once more, in a process that tells which modules it has loaded; and what it prints."""
    telling = (
        "import atexit, runpy, sys; sys.argv = sys.argv[1:]; "
        "atexit.register(lambda: print('modules:', *sorted(sys.modules), file=sys.stderr)); "
        "runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
    )
    done = processes.train(tmp_path / "again", through=["-c", telling])
    assert done.returncode == 0, done.stderr
    processes.assert_same(tmp_path / "again", reference)
    modules = done.stderr.split("modules:")[1].split()
    assert "jax" in modules
    assert not [name for name in modules if name.partition(".")[0] in ("tensorflow", "torch")]
    assert "6 cells in 1 group" in done.stdout
    assert "lrr  round 2  density 64\N{NO-BREAK SPACE}%" in done.stdout
    assert "Test accuracy (%) with 30\N{NO-BREAK SPACE}% label noise" in done.stdout
    assert "18 rows in" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("For the report: python -m pruning_jax.report")


def test_a_finished_run_has_nothing_left_to_do(reference):
    before = {path: path.stat().st_mtime_ns for path in reference.rglob("cells/**/*")}
    begin = time.monotonic()
    done = processes.train(reference)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begin < 60
    assert {path: path.stat().st_mtime_ns for path in reference.rglob("cells/**/*")} == before
    assert "round 1" not in done.stdout
    assert "18 rows in" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("For the report: python -m pruning_jax.report")


@pytest.mark.slow
def test_parameters_are_saved_and_a_criterion_of_ones_own_is_used(reference, tmp_path):
    (tmp_path / "my_module.py").write_text(CRITERION)
    done = processes.train(
        "run",
        "--config.save.params=True",
        "--config.algorithms.mine.criterion=my_module:distance",
        cwd=tmp_path,
        grid__algorithms=("lrr", "mine"),
    )
    assert done.returncode == 0, done.stderr
    cells = [(name, rate, 0) for name in ("lrr", "mine") for rate in (0.0, 0.3)]
    for cell in cells:
        for round_ in range(ROUNDS + 1):
            place, name = folder(tmp_path / "run", cell), f"round_{round_:02d}.npz"
            mask, params = arrays(place / "masks" / name), arrays(place / "params" / name)
            assert set(params) == {*mask, *(n.replace("kernel", "bias") for n in mask)}
            assert all(params[n].shape == (mask[n].sum(),) for n in mask)
            assert all((params[n] != 0).any() for n in mask)
    lrr, mine = (folder(tmp_path / "run", (name, 0.3, 0)) for name in ("lrr", "mine"))
    mask, other = (arrays(place / "masks" / "round_01.npz") for place in (lrr, mine))
    assert any((mask[n] != other[n]).any() for n in mask)
    rows = pd.read_parquet(mine / "rounds.parquet")
    assert set(rows.criterion) == {"my_module:distance"}
    same = folder(reference, ("lrr", 0.3, 0)) / "masks" / "round_02.npz"
    assert processes.content(lrr / "masks" / "round_02.npz") == processes.content(same)


@pytest.mark.slow
def test_a_replica_that_diverges_ends_and_the_others_go_on(tmp_path):
    """At a rate of 1e30 a network of few units overflows, unless they die at once.

    Run twice: the second finds nothing to do.
    """
    arguments = processes.training(
        tmp_path,
        width=0.02,
        learning_rate=1e30,
        grid__seeds=(0, 1, 2, 3),
        grid__noise_rates=(0.0,),
        grid__algorithms=("lrr",),
    )
    done, again = processes.in_succession(
        [{"arguments": arguments}] * 2, **processes.QUICKLY_COMPILED
    )
    assert (done.returncode, again.returncode) == (0, 0), done.stderr + again.stderr
    rows = pd.read_parquet(tmp_path / "rounds.parquet")
    ended = {seed for seed, part in rows.groupby("seed") if part.diverged.any()}
    assert ended
    assert ended != {0, 1, 2, 3}
    for seed, part in rows.groupby("seed"):
        if seed in ended:
            assert part.diverged.sum() == 1
            assert part.diverged.iloc[-1]
            assert np.isnan(part.test_accuracy.iloc[-1])
            where = f"{noise(0.0)}, seed {seed}, in round {len(part) - 1}"
            assert f"diverged: lrr, {where}" in done.stdout
        else:
            assert len(part) == ROUNDS + 1
            assert np.isfinite(part.test_loss).all()
            assert f"seed {seed}" not in done.stdout
    assert "lrr  round 1" in done.stdout
    assert "lrr  round 1" not in again.stdout
    assert "diverged: lrr" in again.stdout


def tfds_directory():
    """Where a prepared MNIST lies, or None."""
    places = [os.environ.get("TFDS_DATA_DIR"), processes.ROOT.parent / "shared" / "tfds"]
    return next((Path(p) for p in places if p and (Path(p) / "mnist").is_dir()), None)


@pytest.mark.slow
@pytest.mark.skipif(tfds_directory() is None, reason="MNIST is not prepared: no TFDS_DATA_DIR")
def test_mnist_is_read_through_tfds(tmp_path):
    """Decoding takes half a minute, once: this test alone keeps it in the user's own cache."""
    arguments = processes.training(
        tmp_path,
        dataset="mnist",
        data_dir=tfds_directory(),
        rounds=1,
        grid__algorithms=("lrr",),
        grid__noise_rates=(0.3,),
    )
    cache = str(Path("~/.cache").expanduser())
    step = {"arguments": arguments}
    (done,) = processes.in_succession([step], **processes.QUICKLY_COMPILED, XDG_CACHE_HOME=cache)
    assert done.returncode == 0, done.stderr
    rows = pd.read_parquet(tmp_path / "rounds.parquet")
    assert set(rows.dataset) == {"mnist"}
    assert set(rows.weights_total) == {784 * 30 + 30 * 10 + 10 * 10}
    examples = arrays(folder(tmp_path, ("lrr", 0.3, 0)) / "examples.npz")
    assert len(examples["label"]) == TRAIN
    assert set(examples["true_label"]) == set(range(10))
