"""What the value of a setting must be: the rules by themselves, then every setting there is."""

import dataclasses
import math

import numpy as np
import pytest
from ml_collections import ConfigDict

from pruning_jax.errors import WrongUse
from pruning_jax.experiment import checks, reading
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.config import defaults
from pruning_jax.experiment.data import Data
from pruning_jax.experiment.recipe import Engine, Recipe


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e38, 1e-40, True, "1", None])
def test_what_is_no_number_of_single_precision_is_refused(value):
    with pytest.raises(WrongUse, match=r"epsilon: .*(not a number|single precision)"):
        checks.number("epsilon", value)


@pytest.mark.parametrize("value", [0, 0.0, -0.0, 1, -3.5, 1e-30, 1e30])
def test_numbers_pass(value):
    checks.number("epsilon", value)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".x", "-x", "x.", "a/b", "a b", "a ", "a\n", "a\0", "ä", "a:b", "a" * 101],
)
def test_a_name_that_is_no_safe_folder_is_refused(name):
    with pytest.raises(WrongUse, match=r"cannot be the name|characters") as raised:
        checks.folder_name("grid.algorithms:", name)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["a", "lrr", "extended_dense_width_0.05", "A-1", "_", "a" * 100])
def test_a_name_that_is_a_safe_folder_passes(name):
    checks.folder_name("grid.algorithms:", name)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("lrr", "('lrr',)"),
        ("lrr,weight_rewinding", "('lrr','weight_rewinding')"),
        ("'lrr', 'a b'", "('lrr','a','b')"),
        ("5", "(5,)"),
        ("(0,1", "(0,1)"),
        ("0.5 1e-3", "(0.5,1e-3)"),
        ("", "()"),
    ],
)
def test_what_somebody_wrote_as_a_tuple(text, written):
    assert checks.as_tuple(text) == written


def places(config, path=()):
    """Where a configuration has settings, those of one algorithm among them."""
    for name in config:
        if isinstance(config[name], ConfigDict):
            if path != ("algorithms",) or name == "lrr":
                yield from places(config[name], (*path, name))
        else:
            yield (*path, name), config[name]


def of_kind(kind):
    return [path for path, value in places(defaults()) if type(value) is kind]


def put(path, value):
    config = level = defaults()
    for name in path[:-1]:
        level = level[name]
    with config.unlocked():
        level[path[-1]] = value
    return config


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("path", of_kind(float), ids=".".join)
def test_no_setting_is_infinite_or_no_number(path, value):
    with pytest.raises(WrongUse, match=path[-1]):
        reading.check_kinds(put(path, value))


@pytest.mark.parametrize("path", of_kind(int), ids=".".join)
def test_a_whole_number_is_no_truth_and_can_be_counted(path):
    for value in (True, 2**31, -(10**18)):
        with pytest.raises(WrongUse, match=path[-1]):
            reading.check_kinds(put(path, value))


@pytest.mark.parametrize("path", of_kind(tuple), ids=".".join)
def test_tuples_hold_numbers_and_names(path):
    for value in ((True,), (math.inf,), ([],), (None,), ((1,),)):
        with pytest.raises(WrongUse, match=path[-1]):
            reading.check_kinds(put(path, value))


@pytest.mark.parametrize("description", [Data, Recipe, Engine])
def test_descriptions_check_themselves(description):
    """So that a notebook that makes one is told, too."""
    for field in dataclasses.fields(description):
        wrong = {float: math.inf, int: 10**18}
        if type(field.default) in wrong:
            with pytest.raises(WrongUse, match=field.name):
                description(**{field.name: wrong[type(field.default)]})


def test_an_algorithm_checks_itself():
    for name, value in {"width": math.inf, "score_steps": 10**6}.items():
        with pytest.raises(WrongUse, match=name):
            Algorithm("a", (1.0,), **{name: value})
    with pytest.raises(WrongUse, match="10001 densities"):
        Algorithm("a", (1.0,) * 10_001)


def test_numbers_of_numpy_are_numbers():
    config = defaults()
    config.grid.seeds = tuple(np.arange(3))
    config.grid.noise_rates = (np.float64(0.25), -0.0)
    rates, seeds = reading.read_grid(config)
    assert (rates, seeds) == ((0.25, 0.0), (0, 1, 2))
    assert [str(rate) for rate in rates] == ["0.25", "0.0"]
    assert all(type(value) in (int, float) for value in (*rates, *seeds))
