"""Data, Engine, Recipe and Algorithm check themselves, however they are made."""

import dataclasses
import re

import pytest

from pruning_jax import plugins
from pruning_jax.errors import WrongUse
from pruning_jax.experiment import recipe as recipes
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.data import Data
from pruning_jax.experiment.recipe import Engine, Recipe

NAN = float("nan")
RECIPE = {"batch_size": 10, "train_size": 95, "epochs": 4}  # 10 steps in an epoch, 40 in all

WRONG = {
    Data: [
        ({"noise_kind": "symetric"}, "noise_kind 'symetric' is not one of .*mean symmetric"),
        ({"noise_kind": "my module:kind"}, "'my module:kind' is not written as my_module:relabel"),
        ({"train_images": -1}, "train_images -1 is below 0"),
        ({"validation_fraction": 1.0}, r"validation_fraction 1\.0 is outside \[0, 1\)"),
        ({"validation_fraction": -0.1}, r"validation_fraction -0\.1 is outside"),
        ({"validation_fraction": NAN}, "validation_fraction: nan is not a number"),
        ({"transition_matrix": ((1.0,),)}, "transition_matrix is given, .*'symmetric'.*'matrix'"),
        ({"noise_kind": "matrix"}, "noise_kind 'matrix' needs a transition_matrix"),
    ],
    Engine: [
        ({"replicas": ""}, "engine.replicas '' is not one of turns, unrolled, vmap"),
        ({"replicas": "vmapp"}, "engine.replicas 'vmapp' .*did you mean vmap"),
        ({"convolution": "patch"}, "engine.convolution 'patch' .*did you mean patches"),
        ({"batch_devices": 0}, "engine.batch_devices 0 is below 1"),
        ({"workers": -1}, "engine.workers -1 is outside 0 to 1024"),
    ],
    Recipe: [
        ({"model": "lenet_300"}, "model 'lenet_300' is not one of .*did you mean lenet_300_100"),
        ({"model": "mine:"}, "model 'mine:' is not written as my_module:build"),
        ({"optimizer": "sdg"}, "optimizer 'sdg' is not one of adam, adamw, sgd.*mean sgd"),
        ({"schedule": "cosin"}, "schedule 'cosin' .*did you mean cosine"),
        ({"precision": "float16"}, "precision 'float16' .*tensorfloat32"),
        ({"width": 0.0}, r"width 0\.0 is not above 0"),
        ({"width": NAN}, "width: nan is not a number"),
        ({"epochs": 0}, "epochs 0 is not above 0"),
        ({"batch_size": 0}, "batch_size 0 is not above 0"),
        ({"learning_rate": -0.1}, r"learning_rate -0\.1 is not above 0"),
        ({"decay_factor": 0.0}, r"decay_factor 0\.0 is not above 0"),
        ({"momentum": 1.0}, r"momentum 1\.0 is outside \[0, 1\)"),
        ({"momentum": NAN}, "momentum: nan is not a number"),
        ({"weight_decay": -1.0}, r"weight_decay -1\.0 is below 0"),
        ({"warmup_epochs": 4.5}, r"warmup_epochs 4\.5 is outside 0 to 4, the epochs"),
        ({"warmup_epochs": -1.0}, r"warmup_epochs -1\.0 is outside"),
        ({"schedule": "step", "milestones": (2, 4)}, "milestones: 4 is outside 1 to 3"),
        ({"schedule": "step", "milestones": (0,)}, "milestones: 0 is outside 1 to 3"),
        ({"milestones": (2,)}, r"milestones \(2,\) go with schedule 'step', not with 'constant'"),
        ({"batch_size": 96}, "batch_size 96 is above the 95 training examples"),
        ({"engine": Engine(batch_devices=3)}, "batch_size 10 cannot be divided by the 3 devices"),
    ],
    Algorithm: [
        ({"criterion": "magnitud"}, "criterion 'magnitud' .*did you mean magnitude"),
        ({"criterion": "mine:a b"}, "criterion 'mine:a b' is not written as my_module:score"),
        ({"rewind": "weight"}, r"algorithms\.mine\.rewind 'weight' .*did you mean weights"),
        ({"scope": "local"}, r"algorithms\.mine\.scope 'local' is not one of global, layerwise"),
        ({"without": "nosy"}, r"algorithms\.mine\.without 'nosy' .*did you mean noisy"),
        ({"score_steps": 0}, r"algorithms\.mine\.score_steps 0 is outside 1 to 100000"),
        ({"width": -1.0}, r"algorithms\.mine\.width -1\.0 is not above 0"),
        ({"densities": (1.0, 1.5)}, r"algorithms\.mine: density 1\.5 is outside \(0, 1\]"),
        ({"densities": (1.0, 0.0)}, r"density 0\.0 is outside"),
        ({"densities": (1.0, NAN)}, "density nan is outside"),
        ({"densities": (1.0, 0.2, 0.5)}, r"rise, \(0\.2, 0\.5\); .* as \(0\.5, 0\.2\)"),
    ],
}
CASES = [(made, *case) for made, cases in WRONG.items() for case in cases]
BASES = {Data: {}, Engine: {}, Recipe: RECIPE, Algorithm: {"name": "mine", "densities": (1.0,)}}


@pytest.mark.parametrize(
    ("made", "settings", "says"),
    CASES,
    ids=lambda x: re.sub(r"\W+", "_", getattr(x, "__name__", str(x)))[:40],
)
def test_a_wrong_value_is_refused_in_one_line(made, settings, says):
    made(**BASES[made])
    with pytest.raises(WrongUse, match=says) as raised:
        made(**{**BASES[made], **settings})
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("made", BASES, ids=lambda made: made.__name__)
def test_a_changed_one_is_checked_too_and_none_can_be_changed_in_place(made):
    one, (settings, says) = made(**BASES[made]), WRONG[made][0]
    with pytest.raises(WrongUse, match=says):
        dataclasses.replace(one, **settings)
    name, value = next(iter(settings.items()))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(one, name, value)


@pytest.mark.parametrize("made", BASES, ids=lambda made: made.__name__)
def test_what_is_equal_has_one_hash(made):
    """Compiled programs are found by it."""
    assert made(**BASES[made]) == made(**BASES[made])
    assert hash(made(**BASES[made])) == hash(made(**BASES[made]))


def test_what_is_allowed():
    """A user's own plug-ins are written my_module:name, and have their own use for settings."""
    Data(noise_kind="my_module:relabel", transition_matrix=((1.0, 0.0), (0.0, 1.0)))
    Recipe(model="my.module:build", optimizer="m:o", schedule="m:s", milestones=(3,), epochs=4)
    Algorithm("mine", (1.0, 1.0, 0.5), criterion="m:score", rewind="m:rewind")
    Recipe(batch_size=10**6)  # the number of training examples is not known yet


def test_every_choice_of_the_package_is_allowed():
    for kind, make in (
        (plugins.MODELS, lambda name: Recipe(model=name)),
        (plugins.OPTIMIZERS, lambda name: Recipe(optimizer=name)),
        (plugins.SCHEDULES, lambda name: Recipe(schedule=name)),
        (plugins.CRITERIA, lambda name: Algorithm("a", (1.0,), criterion=name)),
        (plugins.REWINDS, lambda name: Algorithm("a", (1.0,), rewind=name)),
    ):
        assert kind.names
        for name in kind.names:
            make(name)
    for name in recipes.PRECISIONS:
        Recipe(precision=name)


def test_steps_are_counted_from_sizes():
    recipe = Recipe(**RECIPE)
    assert (recipe.steps_per_epoch, recipe.steps) == (10, 40)
    assert dataclasses.replace(recipe, train_size=91).steps_per_epoch == 10
    assert dataclasses.replace(recipe, train_size=90).steps_per_epoch == 9


def test_algorithms_that_share_round_0_have_one_variant():
    """It is decided by the width and by the examples, not by how the network is pruned."""
    plain = Algorithm("a", (1.0, 0.5))
    assert plain.variant == Algorithm("b", (1.0,), criterion="random", rewind="weights").variant
    others = [
        dataclasses.replace(plain, width=0.5),
        dataclasses.replace(plain, without="noisy"),
        dataclasses.replace(plain, without="random", control_of="a", control_round=1),
        dataclasses.replace(plain, without="random", control_of="a", control_round=2),
        dataclasses.replace(plain, without="top_improved", control_of="a", control_round=1),
    ]
    assert len({a.variant for a in (plain, *others)}) == 6
