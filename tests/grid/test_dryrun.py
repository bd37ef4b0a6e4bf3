"""What is refused before anything is traced or written: checks that need the network."""

import re

import pytest

import pruning_jax as pj
from pruning_jax.errors import WrongUse
from pruning_jax.experiment.config import defaults
from pruning_jax.grid import dryrun, operations, session
from pruning_jax.grid.resolve import resolve

CRITERIA = """
import jax
import jax.numpy as jnp

def good(evidence):
    return jax.tree.map(lambda w, g: w * g, evidence.weights, evidence.gradient(evidence.anchor))

def whole_numbers(evidence):
    return jax.tree.map(lambda w: jnp.argsort(w.ravel()).reshape(w.shape), evidence.weights)

def kernels_only(evidence):
    return {name: {"kernel": layer["kernel"]} for name, layer in evidence.weights.items()}

def per_unit(evidence):
    return jax.tree.map(lambda w: w.sum(-1), evidence.weights)

def numbers(evidence):
    return jax.tree.map(lambda w: 1.0, evidence.weights)

def nothing(evidence):
    return None
"""


def check(**settings):
    """Digits through LeNet-300-100 with 50,200 prunable weights, 19,200 of them in Dense_0."""
    config = defaults()
    config.rounds = 3
    for name, value in settings.items():
        own = config.algorithms.lrr
        own[name] = value
    dryrun.check(resolve(config))


def test_what_can_be_had_passes():
    check(exclude=("Dense_2", "Dense_0/kernel"), densities=(0.41,))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"densities": (0.5, 1e-6)}, "density 1e-06 keeps 0 of 50200"),
        ({"densities": (0.38,), "exclude": ("Dense_0",)}, "keeps 19076 .* at least 19200"),
        ({"exclude": ("Dense_0", "Dense_3")}, "'Dense_3' matches none .*did you mean Dense"),
    ],
)
def test_what_cannot_run_is_refused(settings, says):
    with pytest.raises(WrongUse, match=says) as raised:
        check(**settings)
    assert "\n" not in str(raised.value)


@pytest.fixture
def criteria(tmp_path, monkeypatch):
    (tmp_path / "criteria_of_a_user.py").write_text(CRITERIA)
    monkeypatch.syspath_prepend(tmp_path)
    return "criteria_of_a_user"


@pytest.mark.parametrize("name", ["good", "whole_numbers"])
def test_a_users_criterion_passes(name, criteria):
    check(criterion=f"{criteria}:{name}")


@pytest.mark.parametrize("name", ["kernels_only", "per_unit", "numbers", "nothing"])
def test_scores_that_do_not_fit_are_refused(name, criteria):
    with pytest.raises(WrongUse, match=f"{criteria}:{name}") as raised:
        check(criterion=f"{criteria}:{name}")
    assert "\n" not in str(raised.value)


@pytest.mark.slow
def test_a_batch_that_no_memory_holds(tmp_path):
    config = defaults()
    config.update(dataset="cifar10", model="resnet20", batch_size=40_000, width=64.0)
    lacking = dryrun.lacking_memory(resolve(config).recipe)
    assert re.match(r"batch_size 40000: the activations of resnet20 .* GB are", lacking)
    assert "would not run on this machine" in pj.plan(config).notes[-1]
    with pytest.raises(WrongUse, match="batch_size 40000"):
        session.run(config, tmp_path / "run")


def test_activations_are_those_of_every_layer():
    """Of LeNet-300-100: three linear layers, and the whole network, which is the last."""
    config = defaults()
    config.update(dataset="mnist", batch_size=50)
    recipe = resolve(config).recipe
    assert operations.activations(recipe) == 4 * 50 * (300 + 100 + 10 + 10)
