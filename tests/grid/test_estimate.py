"""Estimates: what a step has to do, how fast this machine is, and a plan that compiles nothing."""

import dataclasses
import json

import jax
import numpy as np
import pytest

import pruning_jax as pj
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.grid import calibration, estimate, operations, speed
from pruning_jax.grid.calibration import Prices
from pruning_jax.grid.operations import Count
from pruning_jax.pruning.moments import Stack
from pruning_jax.training import replicas
from pruning_jax.training.examples import Images

LENET = Recipe(batch_size=100, image_shape=(28, 28, 1), num_classes=10, train_size=1000)
RESNET = Recipe(
    model="resnet20", batch_size=8, image_shape=(16, 16, 3), num_classes=5, train_size=80
)
SLOW = Prices(operation=1e-9, byte=1e-8, instruction=1e-5, example=1e-6)


@pytest.fixture
def calibrated(tmp_path, monkeypatch):
    """A cache of this machine in which the prices of LENET are known."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = calibration.path(LENET)
    path.write_text(json.dumps({"prices": SLOW._asdict()}))
    return path


def test_the_operations_of_a_step_are_those_counted_by_hand():
    """Forward, the gradient of the weights, and that of the inputs but for the first layer: each 2
    for each weight and example. What layers do besides is some per cent."""
    weights = 784 * 300 + 300 * 100 + 100 * 10
    by_hand = 2 * 100 * (3 * weights - 784 * 300)
    assert operations.step(LENET).operations == pytest.approx(by_hand, rel=0.05)
    assert operations.forward(LENET).operations == pytest.approx(2 * 100 * weights, rel=0.05)


def test_a_loop_counts_once():
    one = jax.ShapeDtypeStruct((10, 10), np.float32)
    turns = operations.counted(lambda x: jax.lax.fori_loop(0, 50, lambda _, x: x @ x, x), one)
    assert turns.operations == pytest.approx(2000, rel=0.1)


def test_a_narrower_network_is_scaled_from_the_whole_one():
    """As if it had been lowered itself, within a fifth."""
    half = dataclasses.replace(RESNET, width=0.5)
    scaled, itself = operations.step(half), operations._step(operations._plain(half, 0.5))
    assert scaled.operations == pytest.approx(itself.operations, rel=0.2)
    assert scaled.bytes == pytest.approx(itself.bytes, rel=0.2)


def test_recipes_that_differ_in_schedule_and_size_share_a_count():
    before = operations._step.cache_info().misses
    for changes in ({"epochs": 3}, {"train_size": 777}, {"schedule": "cosine"}):
        operations.step(dataclasses.replace(LENET, **changes))
    assert operations._step.cache_info().misses <= before + 1


def test_prices_are_those_that_explain_the_times():
    """Four programs whose times follow from prices give these prices back, whatever their size."""
    true = np.array([6e-12, 7e-11, 2e-6])
    counts = (
        Count(1e9, 1e7, 300),
        Count(1e7, 1e8, 300),
        Count(1e6, 1e6, 4000),
        Count(4e8, 3e8, 900),
    )
    seconds = tuple(float(np.array(count) @ true) for count in counts)
    assert calibration._explained(counts, seconds) == pytest.approx(list(true), rel=1e-6)


def test_no_price_is_negative():
    """Also where no prices explain the times: the program that does more took less."""
    counts = (Count(1e9, 1e7, 300), Count(2e9, 2e7, 600), Count(1e6, 1e6, 4000))
    assert all(price >= 0 for price in calibration._explained(counts, (2.0, 1.0, 1e-3)))


def test_a_calibration_is_used_again(calibrated):
    assert calibration.known(LENET) == SLOW
    assert calibration.calibrated(LENET) == SLOW


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "[]", "{}x", "{}", '{"prices": {}}', '{"prices": {"operation": 1e-9}}'),
        *(
            json.dumps({"prices": {**SLOW._asdict(), "byte": price}})
            for price in (-1, 2, "cheap", None)
        ),
    ],
)
def test_a_damaged_calibration_is_as_if_it_were_not_there(content, calibrated):
    calibrated.write_text(content)
    assert calibration.known(LENET) is None


@pytest.mark.slow
@pytest.mark.parametrize("recipe", [LENET, RESNET], ids=["linear", "convolutional"])
def test_this_machine_is_measured_once(recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert calibration.known(recipe) is None
    measured = calibration.calibrated(recipe)
    assert sum(measured[:3]) > 0
    assert measured.example > 0
    written = calibration.path(recipe).stat()
    assert calibration.known(recipe) == measured
    assert calibration.calibrated(recipe) == measured
    assert calibration.path(recipe).stat() == written


def test_calibrations_of_different_circumstances_have_different_files():
    recipes = (LENET, RESNET, dataclasses.replace(LENET, precision="bfloat16"))
    assert len({calibration.path(recipe) for recipe in recipes}) == 3


def test_an_estimate_grows_with_what_there_is_to_do():
    one = estimate.speed(LENET, 1, 1000, SLOW)
    many = estimate.speed(LENET, 4 * jax.device_count(), 2000, SLOW)
    assert many.step == pytest.approx(4 * one.step)
    assert many.evaluation == pytest.approx(8 * one.evaluation)
    assert one.step == pytest.approx(SLOW.of(operations.step(LENET)))


def test_an_estimate_of_a_training_is_near_a_measurement():
    """Within a factor of five: a test should not fail because a machine is busy."""
    recipe = dataclasses.replace(LENET, epochs=2)
    guessed = estimate.speed(recipe, 1, 100, calibration.calibrated(recipe))
    keys, n = jax.random.split(jax.random.key(0), 1), recipe.train_size
    labels, used = np.zeros((1, n), np.int32), np.arange(n, dtype=np.int32)[None]
    pixels, channels = np.zeros((n, *recipe.image_shape), np.uint8), np.zeros(1, np.float32)
    images = Images(*replicas.share(recipe, (pixels, channels, channels + 1), 1))
    stack = Stack(*replicas.stack(recipe, (keys, labels, used), 1), images=images)
    measured = speed.measure(recipe, stack)
    assert measured.step / 5 < guessed.step < 5 * measured.step


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
