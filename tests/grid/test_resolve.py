"""From a configuration to an experiment: what is derived, and what is refused in one line."""

import re

import numpy as np
import pytest

from pruning_jax.errors import WrongUse
from pruning_jax.experiment.config import defaults
from pruning_jax.experiment.named import NAMED
from pruning_jax.grid import dryrun
from pruning_jax.grid.resolve import resolve


def config(**settings):
    """Digits with 1,000 images, 900 of them to train on: 9 steps in an epoch, 90 in all."""
    made = defaults()
    made.train_images, made.batch_size, made.epochs, made.rounds = 1000, 100, 10, 3
    with made.unlocked():
        for name, value in settings.items():
            place, _, last = name.replace("__", ".").rpartition(".")
            level = made
            for part in filter(None, place.split(".")):
                level = level[part]
            level[last] = value
    return made


def resolved(**settings):
    return resolve(config(**settings))


def lrr(**settings):
    return resolved(**settings).algorithm("lrr")


# What follows from a configuration.


def test_the_sizes_come_from_the_data_set():
    recipe = resolved().recipe
    assert (recipe.train_size, recipe.image_shape, recipe.num_classes) == (900, (8, 8, 1), 10)
    assert (recipe.steps_per_epoch, recipe.steps) == (9, 90)
    assert resolved(train_images=0, validation_fraction=0.0).recipe.train_size == 1297


@pytest.mark.parametrize("name", NAMED)
def test_every_named_algorithm_is_sound(name):
    source = NAMED[name].get("masks_from", "lrr")
    names = tuple(dict.fromkeys((source, name)))
    experiment = resolved(grid__algorithms=names)
    dryrun.check(experiment)
    assert experiment.algorithm(name).densities[0] == 1.0


def test_densities_follow_from_a_fraction_and_a_number_of_rounds():
    np.testing.assert_allclose(lrr().densities, [1, 0.8, 0.64, 0.512])
    assert lrr(rounds=0).densities == (1.0,)
    assert lrr(prune_fraction=0.5, rounds=2).densities == (1.0, 0.5, 0.25)


def test_a_list_of_densities_takes_their_place():
    assert lrr(densities=(0.5, 0.1)).densities == (1.0, 0.5, 0.1)
    assert lrr(densities=(1.0, 0.5, 0.5)).densities == (1.0, 1.0, 0.5, 0.5)


def test_an_algorithm_has_densities_of_its_own():
    assert lrr(densities=(0.5,), algorithms__lrr__densities=(0.9, 0.3)).densities == (1, 0.9, 0.3)
    assert lrr(algorithms__lrr__prune_fraction=0.5).densities == (1.0, 0.5, 0.25, 0.125)
    assert lrr(algorithms__lrr__rounds=1).densities == (1.0, 0.8)
    both = resolved(grid__algorithms=("lrr", "random"), algorithms__random__rounds=1)
    assert [len(a.densities) for a in both.algorithms] == [4, 2]


def test_extended_dense_has_as_many_rounds_as_the_others():
    dense = resolved(grid__algorithms=("extended_dense",), densities=(0.5, 0.1))
    assert dense.algorithms[0].densities == (1.0, 1.0, 1.0)
    assert resolved(grid__algorithms=("extended_dense",)).algorithms[0].densities == (1.0,) * 4


def test_scope_and_exclusion_are_shared_or_an_algorithms_own():
    shared = {"scope": "layerwise", "exclude": ("Dense_2",)}
    experiment = resolved(
        **shared,
        grid__algorithms=("lrr", "random"),
        algorithms__lrr__scope="global",
        algorithms__lrr__exclude=(),
    )
    assert [a.scope for a in experiment.algorithms] == ["global", "layerwise"]
    assert [a.exclude for a in experiment.algorithms] == [(), ("Dense_2",)]


@pytest.mark.parametrize(
    ("point", "step"),
    [("0ep", 0), ("2ep", 18), ("0.5ep", 4), ("1.5ep", 14), ("89it", 89), ("0it", 0), ("7it", 7)],
)
def test_rewind_points(point, step):
    """Nine steps in an epoch."""
    experiment = resolved(algorithms__lrr__rewind_to=point)
    assert experiment.recipe.step_at(experiment.algorithm("lrr").rewind_to) == step


@pytest.mark.parametrize(("epochs", "step"), [(0.0, 9), (0.01, 1), (2.0, 18), (10.0, 90)])
def test_when_el2n_is_measured(epochs, step):
    """By default after a tenth of training, at epoch 10 at the latest."""
    experiment = resolved(el2n_epochs=epochs)
    assert experiment.el2n_step(experiment.recipe) == step
    experiment = resolved(epochs=400)
    assert experiment.el2n_step(experiment.recipe) == 90


CYCLE = np.roll(np.eye(10), 1, axis=1)


def test_a_transition_matrix_comes_from_lists_or_a_file(tmp_path):
    np.save(tmp_path / "matrix.npy", CYCLE)
    for given in (CYCLE.tolist(), tuple(map(tuple, CYCLE)), str(tmp_path / "matrix.npy")):
        matrix = resolved(noise_kind="matrix", transition_matrix=given).data.transition_matrix
        np.testing.assert_array_equal(matrix, CYCLE)
        hash(matrix)


def test_a_new_algorithm_begins_as_lrr():
    made = config(grid__algorithms=("mine", "lrr"))
    made.algorithms.mine.criterion = "random"
    mine, known = resolve(made).algorithms
    assert mine == known.__class__(**{**vars(known), "name": "mine", "criterion": "random"})


def test_an_algorithm_comes_after_the_one_whose_masks_it_takes():
    experiment = resolved(grid__algorithms=("shuffled", "lottery", "reinit"))
    assert [a.name for a in experiment.algorithms] == ["lottery", "shuffled", "reinit"]


# What is refused: the value, and the choices or the nearest one.


WRONG = [
    ({"model": "lenet_300"}, "'lenet_300'.*did you mean lenet_300_100"),
    ({"dataset": "digts"}, "'digts'.*did you mean digits"),
    ({"optimizer": "sdg"}, "'sdg'.*adam, adamw, sgd.*did you mean sgd"),
    ({"schedule": "cosin"}, "'cosin'.*did you mean cosine"),
    ({"noise_kind": "symetric"}, "'symetric'.*did you mean symmetric"),
    ({"algorithms.lrr.criterion": "magnitud"}, "'magnitud'.*did you mean magnitude"),
    ({"algorithms.lrr.criterion": "no_such:f"}, "no_such:f"),
    ({"algorithms.lrr.criterion": "math:pi"}, "'math:pi' is 3.14.*, not a function"),
    ({"algorithms.lrr.rewind": "weight"}, "'weight'.*did you mean weights"),
    ({"algorithms.lrr.scope": "local"}, "'local'.*global, layerwise"),
    ({"scope": "layer_wise"}, "'layer_wise'.*did you mean layerwise"),
    ({"algorithms.lrr.rewnd": "weights"}, "'rewnd'.*did you mean rewind"),
    ({"grid.algorithms": ("lr",)}, "'lr'.*did you mean lrr"),
    ({"grid.algorithms": ()}, "grid.algorithms is empty"),
    ({"grid.algorithms": ("lrr", "lrr")}, "lrr.*more than once|more than once.*lrr"),
    ({"algorithms.lr.rewind": "weights"}, r"algorithms\.lr .*did you mean lrr"),
    ({"grid.noise_rates": (0.1, 1.2)}, r"1\.2 is outside \[0, 1\]"),
    ({"grid.noise_rates": (-0.1,)}, r"-0\.1 is outside \[0, 1\]"),
    ({"grid.noise_rates": (float("nan"),)}, "nan is not a number"),
    ({"grid.noise_rates": (1e-300,)}, "1e-300 is beyond single precision"),
    ({"grid.noise_rates": (1e-10,)}, "1e-10 is neither 0 nor at least 1e-09"),
    ({"grid.algorithms": ("lrr", "dense")}, "'dense' is what round 0"),
    ({"grid.seeds": (True,)}, "grid.seeds: True"),
    ({"schedule": "step", "milestones": (5, 5)}, r"milestones \(5, 5\) do not rise"),
    ({"schedule": "step", "milestones": (5, 3)}, r"milestones \(5, 3\) do not rise"),
    ({"augmentations": ("flip", "crop", "flip")}, "augmentations: flip more than once"),
    ({"algorithms.lrr.rewind_to": "1.5it"}, "'1.5it' is between two steps"),
    ({"rounds": 10_000}, "rounds 10000 is neither 'collapse' nor a number from 0 to 9999"),
    ({"rounds": "collapse", "prune_fraction": 1e-6}, "prune_fraction 1e-06 takes too many rounds"),
    ({"rounds": 2.0}, r"rounds 2\.0 is neither"),
    ({"width": 1001.0}, "width 1001 is above 1000"),
    ({"width": 300.0}, "prunable weights, more than can be counted"),
    ({"epochs": 2**30}, "9663676416 steps are more than can be counted"),
    ({"epochs": 10**8}, "its 4 rounds have 3600000000 steps, more than can be counted"),
    ({"noise_kind": "matrix", "transition_matrix": "/dev/null"}, "'/dev/null' cannot be read"),
    ({"controls.tie_rounds": (1, 2, 1)}, "controls.tie_rounds has 1 more than once"),
    ({"controls.extended_rounds": -1}, "controls.extended_rounds -1 is outside 0 to 9999"),
    ({"grid.noise_rates": (0.1, 0.10)}, r"0\.1 more than once"),
    ({"grid.noise_rates": ()}, "noise_rates is empty"),
    ({"grid.seeds": (0, 1, 0)}, "seeds has 0 more than once"),
    ({"grid.seeds": ()}, "seeds is empty"),
    ({"grid.seeds": (-1,)}, "-1 is not a whole number"),
    ({"grid.seeds": (0.5,)}, r"0\.5 is not a whole number"),
    ({"grid.seeds": (2**32,)}, "4294967296 is not"),
    ({"densities": (0.5, 1.5)}, r"1\.5 is outside \(0, 1\]"),
    ({"densities": (0.5, 0.0)}, r"0\.0 is outside \(0, 1\]"),
    ({"densities": (float("nan"),)}, "densities: nan is not a number"),
    ({"densities": (0.2, 0.5)}, r"rise.*0\.2, 0\.5"),
    ({"algorithms.lrr.densities": (0.2, 0.5)}, r"lrr.*rise.*0\.2, 0\.5"),
    ({"prune_fraction": 1.0}, r"prune_fraction 1\.0 is outside"),
    ({"prune_fraction": -0.1}, r"prune_fraction -0\.1 is outside"),
    ({"rounds": -1}, "rounds -1 is neither 'collapse' nor a number"),
    ({"algorithms.lrr.rewind_to": "10ep"}, "'10ep' is step 90.*0 to 89"),
    ({"algorithms.lrr.rewind_to": "90it"}, "'90it' is step 90.*0 to 89"),
    ({"algorithms.lrr.rewind_to": "-1it"}, "'-1it' is step -1"),
    ({"algorithms.lrr.rewind_to": "2"}, "'2' is not a number of epochs or steps"),
    ({"algorithms.lrr.rewind_to": "ep"}, "'ep' is not a number"),
    ({"algorithms.lrr.rewind_to": "twoep"}, "'twoep' is not a number"),
    ({"algorithms.lrr.rewind_to": "nanep"}, "'nanep' is not a number"),
    ({"algorithms.lrr.rewind_to": "infit"}, "'infit' is not a number"),
    ({"algorithms.lrr.rewind_to": ""}, "'' is not a number"),
    ({"batch_size": 901}, "batch_size 901 is above the 900"),
    ({"batch_size": 0}, "batch_size 0 is not above 0"),
    ({"epochs": 0}, "epochs 0 is not above 0"),
    ({"learning_rate": 0.0}, r"learning_rate 0\.0 is not above 0"),
    ({"width": -1.0}, r"width -1\.0 is not above 0"),
    ({"momentum": 1.0}, r"momentum 1\.0 is outside"),
    ({"weight_decay": -1.0}, r"weight_decay -1\.0 is below 0"),
    ({"warmup_epochs": 11.0}, r"warmup_epochs 11\.0 is outside 0 to 10"),
    ({"schedule": "step", "milestones": (5, 10)}, "10 is outside 1 to 9"),
    ({"milestones": (5,)}, "milestones .*'step'.*'constant'"),
    ({"train_images": 1298}, "train_images 1298 is outside 0 .*1297"),
    ({"validation_fraction": 1.0}, r"validation_fraction 1\.0 is outside"),
    ({"el2n_epochs": 11.0}, r"el2n_epochs 11\.0 is outside 0 to 10"),
    ({"scoring_examples": 0}, "scoring_examples 0 is not above 0"),
    ({"noise_kind": "matrix"}, "needs a transition_matrix"),
    ({"transition_matrix": CYCLE.tolist()}, "transition_matrix.*'symmetric'"),
    ({"noise_kind": "matrix", "transition_matrix": [[1.0]]}, r"shape \(1, 1\), not \(10, 10\)"),
    ({"noise_kind": "matrix", "transition_matrix": (CYCLE * 0.9).tolist()}, r"row 0 sums to 0\.9"),
    ({"noise_kind": "matrix", "transition_matrix": (2 * CYCLE - np.eye(10)).tolist()}, "negative"),
    ({"noise_kind": "matrix", "transition_matrix": "no_such.npy"}, r"no_such\.npy"),
    ({"noise_kind": "matrix", "transition_matrix": [[1.0], [1.0, 2.0]]}, "cannot be read"),
    ({"grid.algorithms": ("reinit",)}, "reinit.masks_from.*'lottery'"),
    (
        {"grid.algorithms": ("lottery", "reinit"), "algorithms.reinit.rounds": 2, "rounds": 1},
        "reinit.masks_from 'lottery' has other densities",
    ),
]


@pytest.mark.parametrize(
    ("settings", "says"), WRONG, ids=lambda x: re.sub(r"\W+", "_", str(x))[:40]
)
def test_wrong_settings_are_refused_in_one_line(settings, says):
    with pytest.raises(WrongUse, match=says) as raised:
        resolve(config(**settings))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("array", [np.full((10, 10), "x"), np.array([None, 1], object)])
def test_a_transition_matrix_that_is_no_matrix_of_numbers_is_refused(array, tmp_path):
    np.save(tmp_path / "m.npy", array)
    with pytest.raises(WrongUse, match=r"m\.npy"):
        resolved(noise_kind="matrix", transition_matrix=str(tmp_path / "m.npy"))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_transition_matrix_that_is_not_finite_is_refused(value):
    with pytest.raises(WrongUse, match="transition_matrix"):
        resolved(noise_kind="matrix", transition_matrix=np.full((10, 10), value).tolist())


def test_a_configuration_takes_no_unknown_setting():
    for made in (defaults(), defaults().algorithms.lrr, defaults().grid):
        with pytest.raises(AttributeError, match="epoks"):
            made.epoks = 3


def test_a_complex_transition_matrix_is_refused(tmp_path):
    np.save(tmp_path / "m.npy", CYCLE + 0j)
    with pytest.raises(WrongUse, match="complex numbers"):
        resolved(noise_kind="matrix", transition_matrix=str(tmp_path / "m.npy"))


OWN_FOLDERS = [
    (("lrr", "LRR"), "'lrr' would share a folder with 'LRR'"),
    (("lrr", "lrr_without_noisy"), "would share a folder with a control of lrr"),
    (("lrr", "Without_random_02"), "would share a folder with a control of lrr"),
]


@pytest.mark.parametrize(("names", "says"), OWN_FOLDERS)
def test_every_algorithm_has_a_folder_of_its_own(names, says):
    made = config(grid__algorithms=names, controls__tie_rounds=(2,))
    made.controls.without_noisy = ("lrr",)
    made.algorithms[names[1]].scope = "layerwise"
    with pytest.raises(WrongUse, match=says):
        resolve(made)
    made.controls.without_noisy, made.controls.tie_rounds = (), ()
    made.grid.algorithms = names[1:]
    assert [a.name for a in resolve(made).algorithms] == [names[1]]


def test_two_controls_of_one_name_are_refused():
    """Two rounds between which so little is pruned that both networks have the same width."""
    made = config(grid__algorithms=("lrr", "extended_dense"), prune_fraction=1e-4)
    made.controls.width_rounds = (1, 2)
    with pytest.raises(WrongUse, match="leave out one of the rounds"):
        resolve(made)


def test_a_name_that_is_no_folder_is_refused():
    made = config()
    with made.unlocked():
        made.algorithms["a/b"] = made.algorithms.lrr.copy_and_resolve_references()
    made.grid.algorithms = ("lrr", "a/b")
    with pytest.raises(WrongUse, match="'a/b' cannot be the name of a folder"):
        resolve(made)


@pytest.mark.parametrize("names", [("flip", "resized_crop"), ("crop", "flip", "resized_crop")])
def test_a_resized_crop_comes_first(names):
    made = config(augmentations=names, dataset="imagenet2012", model="resnet50", train_images=0)
    with pytest.raises(WrongUse, match=r"comes first.*write \('resized_crop', "):
        resolve(made)
