"""Controls: narrower networks, fewer examples; as algorithms, and in a run from start to end."""

import dataclasses
import json
import signal

import numpy as np
import pandas as pd
import processes
import pytest

from pruning_jax.errors import WrongUse
from pruning_jax.experiment import rules
from pruning_jax.experiment.cells import Cell
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.grid import averages, controls
from pruning_jax.grid.groups import groups_of
from pruning_jax.grid.resolve import resolve
from pruning_jax.training import state
from pruning_jax.workdir import examine

SETTINGS = {
    "rounds": 2,
    "prune_fraction": 0.5,
    "grid__algorithms": ("lrr", "extended_dense"),
    "grid__noise_rates": (0.0, 0.3),
    "grid__seeds": (0, 1),
    "controls__width_rounds": (2,),
    "controls__without_noisy": ("lrr", "extended_dense"),
    "controls__tie_rounds": (1,),
    "controls__tie_fraction": 0.2,
}
TRAIN = 180
NARROW = "extended_dense_width_"


def experiment(**changes):
    return resolve(processes.config(**{**SETTINGS, **changes}))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The workdir of a run with all controls. Only to be read."""

    def make(folder):
        done = processes.train(folder, variables=processes.QUICKLY_COMPILED, **SETTINGS)
        assert done.returncode == 0, done.stderr

    return processes.once(tmp_path_factory, "controls", make)


@pytest.fixture(scope="module")
def rows(finished):
    return pd.read_parquet(finished / "rounds.parquet")


def arrays(workdir, algorithm, rate, seed):
    place = workdir / Cell(algorithm, rate, seed).folder / "examples.npz"
    with np.load(place, allow_pickle=False) as loaded:
        return dict(loaded)


@pytest.mark.parametrize("density", [0.8, 0.5, 0.1, 0.03])
def test_a_matched_network_has_as_many_weights(density):
    recipe = Recipe(image_shape=(8, 8, 1), num_classes=10, train_size=1000)
    weights = round(density * state.weights_total(recipe))
    width = controls.matched_width(recipe, weights)
    narrow = dataclasses.replace(recipe, width=width)
    assert state.weights_total(narrow) == pytest.approx(weights, rel=0.04)
    assert float(f"{width:g}") == width, "its name says it exactly"


def test_a_number_of_weights_that_no_width_has():
    recipe = Recipe(image_shape=(8, 8, 1), num_classes=10, train_size=1000)
    with pytest.raises(WrongUse, match="no width of lenet_300_100 has about 20 weights"):
        controls.matched_width(recipe, 20)


def test_controls_are_algorithms_with_names_that_say_what_they_are():
    found = {a.name: a for a in experiment().algorithms}
    (narrow,) = (n for n in found if n.startswith(NARROW) and not n.endswith("noisy"))
    assert list(found) == [
        "lrr",
        "extended_dense",
        narrow,
        "lrr_without_noisy",
        "extended_dense_without_noisy",
        f"{narrow}_without_noisy",
        "without_top_improved_01",
        "without_random_01",
    ]
    assert found[f"{narrow}_without_noisy"].width == found[narrow].width < 0.6
    assert found[f"{narrow}_without_noisy"].control_of == narrow
    assert found["lrr_without_noisy"].densities == found["lrr"].densities


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"controls__width_rounds": (3,)}, "3 is not a round of 1 to 2"),
        ({"controls__tie_rounds": (0,)}, "0 is not a round of 1 to 2"),
        ({"controls__pruned": "lr"}, "did you mean lrr"),
        ({"controls__without_noisy": ("randm",)}, "'randm' is not one of .*did you mean random"),
        ({"controls__tie_fraction": 1.5}, "controls.tie_fraction 1.5 is outside"),
        ({"grid__noise_rates": (0.9,)}, "batch_size 64 is above the 18 training examples"),
        ({"algorithms__lrr__without": "some"}, "'some' is neither '' nor 'noisy'"),
    ],
)
def test_controls_that_cannot_be_had(changes, message):
    with pytest.raises(WrongUse, match=message):
        experiment(**changes)


def test_controls_of_algorithms_that_the_grid_leaves_out_are_left_out():
    only = experiment(grid__algorithms=("lrr", "lottery"))
    removed = ["without_top_improved_01", "without_random_01"]
    assert [a.name for a in only.algorithms] == ["lrr", "lottery", "lrr_without_noisy", *removed]
    dense = experiment(grid__algorithms=("extended_dense",))
    assert [a.name for a in dense.algorithms] == ["extended_dense", "extended_dense_without_noisy"]


def test_controls_of_controls_take_their_masks_from_their_like():
    settings = {"grid__algorithms": ("lottery", "reinit"), "controls__tie_rounds": ()}
    settings |= {"controls__width_rounds": (), "controls__without_noisy": ("lottery", "reinit")}
    clean = experiment(**settings).algorithm("reinit_without_noisy")
    assert clean.masks_from == "lottery_without_noisy"
    with pytest.raises(WrongUse, match="lottery_without_noisy"):
        experiment(**{**settings, "controls__without_noisy": ("reinit",)})


def test_every_cell_is_in_one_group_of_its_recipe():
    whole = experiment()
    for shares in (1, 3, 40):
        groups = groups_of(whole, 100, shares)
        cells = [cell for group in groups for cell in group.cells]
        assert sorted(cells) == sorted(whole.cells)
        for group in groups:
            assert len({a.variant for a in group.algorithms}) == 1
            for algorithm in group.algorithms:
                for base in group.bases:
                    assert whole.recipe_of(algorithm, base.noise_rate) == group.recipe


def test_means_over_replicates_with_the_same_label():
    labels = np.array([[0, 1, 2], [0, 2, 2], [1, 1, 2]])
    values = np.array([[1.0, 2.0, np.nan], [3.0, 4.0, 5.0], [6.0, 8.0, 7.0]])
    means = averages.over_replicates(labels, values)
    np.testing.assert_array_equal(means, [[2.0, 5.0, 6.0], [2.0, 4.0, 6.0], [6.0, 5.0, 6.0]])
    alone = averages.over_replicates(labels[:1], values[:1])
    np.testing.assert_array_equal(alone, values[:1])


def test_rows_say_what_was_controlled(rows):
    assert set(rows[rows.control_of == ""].algorithm) == {"lrr", "extended_dense"}
    narrow = rows[rows.algorithm.str.startswith(NARROW) & (rows.without == "")]
    pruned = rows[(rows.algorithm == "lrr") & (rows["round"] == 2)]
    assert set(narrow.weights_total) != {rows.weights_total.max()}
    assert narrow.weights_total.iloc[0] == pytest.approx(pruned.weights_remaining.iloc[0], rel=0.1)
    assert (narrow.density == 1).all()
    clean = rows[rows.without == "noisy"]
    assert set(clean.noise_rate) == {0.3}
    assert set(clean.train_examples) == {TRAIN - rules.count(0.3, TRAIN)}
    removed = rows[rows.without.isin(["top_improved", "random"])]
    assert set(removed.train_examples) == {TRAIN - rules.count(0.2, TRAIN)}
    assert set(removed.control_of) == {"lrr"}
    assert set(removed["round"]) == {0}
    assert len(removed) == 2 * 2 * 2
    assert not rows.diverged.any()


def test_noisy_examples_are_left_out_and_their_labels_are_not_learned(finished, rows):
    for seed in (0, 1):
        examples = arrays(finished, "lrr_without_noisy", 0.3, seed)
        np.testing.assert_array_equal(examples["used"], ~examples["is_noisy"])
    own = rows[(rows.algorithm == "lrr_without_noisy") & (rows["round"] == 2)]
    other = rows[(rows.algorithm == "lrr") & (rows["round"] == 2) & (rows.noise_rate == 0.3)]
    assert own.noisy_accuracy.mean() < 0.2 < own.noisy_recovered.mean()
    assert own.test_accuracy.mean() > other.test_accuracy.mean()


def test_the_top_improved_examples_are_those_whose_loss_falls_most(finished):
    """Recomputed example by example, for replicates with the same label."""
    for rate in (0.0, 0.3):
        both = [arrays(finished, "lrr", rate, seed) for seed in (0, 1)]
        for seed in (0, 1):
            gains = []
            for i in range(TRAIN):
                like = [a for a in both if a["label"][i] == both[seed]["label"][i]]
                gains.append(
                    np.mean(
                        [np.float64(a["train_loss"][0, i]) - a["train_loss"][1, i] for a in like]
                    )
                )
            expected = np.sort(np.argsort(-np.array(gains), kind="stable")[: TRAIN // 5])
            used = arrays(finished, "without_top_improved_01", rate, seed)["used"]
            np.testing.assert_array_equal(np.flatnonzero(~used), expected)
            other = arrays(finished, "without_random_01", rate, seed)["used"]
            assert (~other).sum() == TRAIN // 5
            assert (other != used).any()


def test_el2n_is_averaged_over_replicates_with_the_same_label(finished):
    clean = [arrays(finished, "lrr", 0.0, seed) for seed in (0, 1)]
    mean = (clean[0]["el2n"].astype(float) + clean[1]["el2n"]) / 2
    for examples in (*clean, arrays(finished, "extended_dense", 0.0, 0)):
        np.testing.assert_allclose(examples["el2n_mean"], mean, rtol=1e-6)
    noisy = [arrays(finished, "lrr", 0.3, seed) for seed in (0, 1)]
    other = noisy[0]["label"] != noisy[1]["label"]
    assert other.any()
    for examples in noisy:
        np.testing.assert_array_equal(examples["el2n_mean"][other], examples["el2n"][other])


def test_a_run_with_controls_holds(finished):
    found = examine.examine(finished)
    assert found.holds, {k: [m for m in v if m] for k, v in found.found.items() if any(v)}
    assert found.complete == found.cells == 4 + 4 + 4 + 2 + 2 + 2 + 4 + 4


@pytest.mark.slow
def test_a_run_with_controls_that_is_ended_again_and_again(finished, tmp_path):
    """Killed or stopped in every kind of control, it leaves the same files."""
    workdir = tmp_path / "run"
    ends = [
        (rf"^os.rename .*{NARROW}\S*/noise=0.3/seed=0/masks/\S*round_01", signal.SIGKILL),
        (r"^os.rename .*lrr_without_noisy/noise=0.3/seed=1/masks/\S*round_01", signal.SIGINT),
        (r"^os.rename .*lrr_without_noisy/noise=0.3/seed=1/rounds.parquet", signal.SIGKILL),
        (r"^os.rename .*without_top_improved_01/noise=0/seed=1/masks", signal.SIGKILL),
        (r"^os.rename .*lrr/noise=0.3/seed=1/examples.npz", signal.SIGKILL),  # EL2N's mean
    ]
    arguments = processes.training(workdir, checkpoint_minutes=1e-9, **SETTINGS)
    steps: list[dict] = [{"arguments": arguments, "signal_before": [*end, 0]} for end in ends]
    steps.append({"arguments": arguments})
    done = processes.in_succession(steps, **processes.QUICKLY_COMPILED)
    assert [d.returncode for d in done[:-1]] == [-9, 75, -9, -9, -9], done[-2].stderr
    assert done[-1].returncode == 0, done[-1].stderr
    processes.assert_same(workdir, finished)


@pytest.mark.slow
def test_a_run_with_controls_that_three_processes_share(finished, tmp_path):
    workdir, how = tmp_path / "run", {"variables": processes.QUICKLY_COMPILED, **SETTINGS}
    three = [processes.begin(workdir, "--shares=3", **how) for _ in range(3)]
    for done in map(processes.end, three):
        assert done.returncode == 0, done.stderr
    processes.assert_same(workdir, finished)


def test_the_plan_has_the_controls():
    flags = processes.flags(**SETTINGS)
    arguments = (processes.SMOKE, *flags, "--json")
    done = processes.run(*arguments, command="plan", **processes.QUICKLY_COMPILED)
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan["cells"] == 26
    assert {g["train_examples"] for g in plan["groups"]} == {180, 126, 144}
    assert min(g["width"] for g in plan["groups"]) < 0.6
