"""The settings of a configuration: named and defaulted by the descriptions."""

import copy
import dataclasses
import pickle

import pytest

from pruning_jax.errors import WrongUse
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.config import defaults, settable, taken_from
from pruning_jax.experiment.data import Data
from pruning_jax.experiment.named import NAMED
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.grid.resolve import resolve


@pytest.mark.parametrize("description", [Data, Recipe])
def test_an_unchanged_configuration_gives_the_defaults_of_a_description(description):
    assert description(**taken_from(defaults(), description)) == description()


def test_every_field_is_a_setting_or_is_worked_out():
    worked_out = {
        Data: set(),
        Recipe: {"image_shape", "num_classes", "train_size", "engine"},
        Algorithm: {"name", "densities", "control_of", "control_round", "collapsed"},
    }
    for description, others in worked_out.items():
        names = {field.name for field in dataclasses.fields(description)}
        assert names - {field.name for field in settable(description)} == others


def test_the_defaults_of_an_algorithm_are_those_of_learning_rate_rewinding():
    experiment = resolve(defaults())
    (lrr,) = experiment.algorithms
    assert lrr == Algorithm("lrr", lrr.densities, collapsed=lrr.collapsed)


def test_a_named_algorithm_differs_by_what_its_name_says():
    config = defaults()
    for name, settings in NAMED.items():
        own, plain = config.algorithms[name], config.algorithms.lrr
        assert {k: own[k] for k in own if own[k] != plain[k]} == settings


@pytest.mark.parametrize(
    ("group", "name", "value", "says"),
    [
        ("", "epoch", 3, "unknown setting 'epoch'; did you mean epochs\\?"),
        ("", "seeds", (0,), "did you mean grid.seeds\\?"),
        ("", "epochs", "many", "epochs: 'many' is not a whole number"),
        ("", "grid", 3, "grid: 3 is not a group of settings"),
        ("grid", "seeds", 3, r"seeds: 3 is not a tuple; write \(3,\)"),
        ("algorithms.mine", "rewnd", "weights", "did you mean rewind\\?"),
    ],
)
def test_what_is_wrong_with_a_setting_in_python_is_said_in_a_line(group, name, value, says):
    config = defaults()
    level = config[group] if group else config
    with pytest.raises((AttributeError, WrongUse), match=f"^{says}|{says}$") as raised:
        setattr(level, name, value)
    assert "\n" not in str(raised.value)


def test_a_configuration_can_be_copied_and_changed():
    config = defaults()
    other = copy.deepcopy(config)
    other.grid.seeds = (3, 4)
    assert config.grid.seeds == (0,)
    assert pickle.loads(pickle.dumps(other)).grid.seeds == (3, 4)


@pytest.mark.parametrize("name", ["epoks", "lock"])
def test_a_configuration_takes_no_unknown_setting(name):
    for made in (defaults(), defaults().algorithms.lrr, defaults().grid, defaults().engine):
        with pytest.raises((AttributeError, KeyError), match=name):
            made[name] = 3
