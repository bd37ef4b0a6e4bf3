"""Estimates: what a step has to do, how fast this machine is, and a plan that compiles nothing."""

import dataclasses
import json

import jax
import pytest
from processes import ROOT

import pruning_jax as pj
from pruning_jax.errors import WrongUse
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.grid import calibration, cost, operations
from pruning_jax.grid.calibration import TYPICAL, Calibration
from pruning_jax.training import replicas, state

CONFIGS = sorted(path.stem for path in (ROOT / "configs").glob("*.py"))
LENET = Recipe(batch_size=100, image_shape=(28, 28, 1), num_classes=10, train_size=1000)
SLOW = Calibration(step=1e-3, operation=1e-9, byte=1e-8, example=1e-6, measured=True)


@pytest.fixture
def calibrated():
    """A file with a calibration of this machine, so that nothing is measured."""
    path = calibration.kept()
    path.write_text(json.dumps(SLOW._asdict()))
    yield path
    path.unlink(missing_ok=True)


def test_the_operations_of_a_step_are_those_counted_by_hand():
    """Forward, the gradient of the weights, and that of the inputs but for the first layer: each 2
    for each weight and example. What layers do besides is some per cent."""
    weights = 784 * 300 + 300 * 100 + 100 * 10
    by_hand = 2 * 100 * (3 * weights - 784 * 300)
    assert operations.step(LENET).operations == pytest.approx(by_hand, rel=0.05)
    assert operations.forward(LENET).operations == pytest.approx(2 * 100 * weights, rel=0.05)


@pytest.mark.parametrize("model", ["lenet_300_100", "resnet20"])
def test_a_narrower_network_is_scaled_from_the_whole_one(model):
    """As if it had been lowered itself, within a fifth."""
    recipe = Recipe(
        model=model, batch_size=8, image_shape=(16, 16, 3), num_classes=5, train_size=80
    )
    half = dataclasses.replace(recipe, width=0.5)
    scaled, itself = operations.step(half), operations._step(operations._plain(half, 0.5))
    assert scaled.operations == pytest.approx(itself.operations, rel=0.2)
    assert scaled.bytes == pytest.approx(itself.bytes, rel=0.2)


def test_recipes_that_differ_in_schedule_and_size_share_a_count():
    before = operations._step.cache_info().misses
    for changes in ({"epochs": 3}, {"train_size": 777}, {"schedule": "cosine"}):
        operations.step(dataclasses.replace(LENET, **changes))
    assert operations._step.cache_info().misses <= before + 1


def test_a_calibration_is_used_again(calibrated):
    assert calibration.known() == SLOW
    assert calibration.calibrated() == SLOW


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}x", '{"step": 1}', '{"speed": 1}', '{"step": -1}', '{"step": "fast"}'],
)
def test_a_damaged_calibration_is_as_if_it_were_not_there(content, calibrated):
    calibrated.write_text(content)
    assert calibration.known() == TYPICAL


@pytest.mark.slow
def test_this_machine_is_measured_once():
    calibration.kept().unlink(missing_ok=True)
    assert not calibration.known().measured
    measured = calibration.calibrated()
    assert measured.measured
    assert calibration.known() == measured
    assert calibration.calibrated() == measured


def test_an_estimate_grows_with_what_there_is_to_do():
    one = cost.estimate(LENET, 1, 1000, SLOW)
    many = cost.estimate(LENET, 4 * jax.device_count(), 2000, SLOW)
    assert many.step == pytest.approx(4 * one.step)
    assert many.evaluation == pytest.approx(8 * one.evaluation)
    assert one.step == pytest.approx(1e-3 + 1e-9 * operations.step(LENET).operations)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
def test_a_plan_of_every_configuration_compiles_no_program(name, calibrated):
    state.shapes.cache_clear()
    before = replicas.program.cache_info()
    try:
        plan = pj.plan(pj.config(name))
    except WrongUse as error:  # a batch of ImageNet's does not fit into every machine
        if "GB are free" not in str(error):
            raise
        pytest.skip(str(error))
    assert replicas.program.cache_info() == before
    assert plan.estimated
    assert plan.seconds == pytest.approx(sum(group.seconds for group in plan.groups))
    assert all(group.seconds > 0 and group.bytes > 0 for group in plan.groups)
    assert "estimated" in str(plan)


def test_a_plan_can_be_measured():
    config = pj.config("smoke")
    config.update_from_flattened_dict(
        {"width": 0.1, "train_images": 200, "grid.algorithms": ("lrr",), "grid.seeds": (0,)}
    )
    for name in ("width_rounds", "without_noisy", "tie_rounds"):
        config.controls[name] = ()
    plan = pj.plan(config, measure=True)
    assert not plan.estimated
    assert plan.seconds > 0
    assert json.loads(json.dumps(plan.json()))["cells"] == plan.cells == 2
