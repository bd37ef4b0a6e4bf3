"""The settings of a configuration: named and defaulted by the descriptions."""

import dataclasses

import pytest

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


@pytest.mark.parametrize("name", ["epoks", "lock"])
def test_a_configuration_takes_no_unknown_setting(name):
    for made in (defaults(), defaults().algorithms.lrr, defaults().grid, defaults().engine):
        with pytest.raises((AttributeError, KeyError), match=name):
            made[name] = 3
