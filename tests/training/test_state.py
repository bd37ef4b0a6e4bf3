"""The learning rate as a function of the step, and the optimizers, against their formulas."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from pruning_jax import plugins
from pruning_jax.errors import WrongUse
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training import state

RECIPE = Recipe(
    epochs=10, batch_size=16, image_shape=(2, 2, 1), num_classes=3, train_size=40, learning_rate=0.2
)
"""Three steps in an epoch, thirty in all."""


def rates(steps=range(36), **settings):
    recipe = dataclasses.replace(RECIPE, **settings)
    return np.array([state.learning_rate(recipe, step) for step in steps])


def test_an_epoch_counts_its_partial_batch():
    assert (RECIPE.steps_per_epoch, RECIPE.steps) == (3, 30)
    assert dataclasses.replace(RECIPE, train_size=48).steps_per_epoch == 3


def test_constant():
    np.testing.assert_array_equal(rates(), np.float32(0.2))


def test_step_decays_at_the_milestones():
    expected = [0.2] * 6 + [0.02] * 9 + [0.002] * 21
    np.testing.assert_allclose(rates(schedule="step", milestones=(2, 5)), expected, rtol=1e-6)
    expected = [0.2] * 6 + [0.1] * 30
    halved = rates(schedule="step", milestones=(2,), decay_factor=0.5)
    np.testing.assert_allclose(halved, expected, rtol=1e-6)


def test_cosine_stays_at_its_last_rate_beyond_the_end():
    expected = [0.1 * (1 + math.cos(math.pi * min(t, 29) / 30)) for t in range(36)]
    np.testing.assert_allclose(rates(schedule="cosine"), expected, rtol=1e-4)


def test_one_cycle_rises_for_three_tenths_and_falls():
    """From 1/25 of the peak at step 0 to the peak at step 9, to 1/250000 at step 30."""

    def between(a, b, share):
        return a + (b - a) * (1 - math.cos(math.pi * share)) / 2

    rise = [between(0.2 / 25, 0.2, t / 9) for t in range(9)]
    fall = [between(0.2, 0.2 / 25e4, (min(t, 29) - 9) / 21) for t in range(9, 36)]
    np.testing.assert_allclose(rates(schedule="one_cycle"), rise + fall, rtol=1e-3)


@pytest.mark.parametrize("schedule", plugins.SCHEDULES.names)
def test_warm_up_multiplies_any_schedule(schedule):
    plain, warm = (rates(schedule=schedule, warmup_epochs=w) for w in (0.0, 2.0))
    np.testing.assert_allclose(warm, plain * np.minimum(np.arange(36) / 6, 1), rtol=1e-6)


def test_a_warm_up_shorter_than_a_step_ends():
    np.testing.assert_allclose(rates(range(1, 5), warmup_epochs=0.1), 0.2, rtol=1e-6)


def test_the_step_may_be_traced():
    recipe = dataclasses.replace(RECIPE, schedule="cosine", warmup_epochs=1.0)
    traced = jax.jit(lambda step: state.learning_rate(recipe, step))
    for step in (0, 2, 17, 40):
        assert traced(step) == pytest.approx(float(state.learning_rate(recipe, step)), rel=1e-6)


@pytest.mark.parametrize("field", ["schedule", "optimizer"])
def test_unknown_names_raise(field):
    with pytest.raises(WrongUse, match="adan"):
        dataclasses.replace(RECIPE, **{field: "adan"})


GRADIENTS = np.random.default_rng(0).normal(size=(7, 2, 3)).astype(np.float32)
START = np.random.default_rng(1).normal(size=(2, 3)).astype(np.float32)
SCHEDULE = [0.2] * 3 + [0.02] * 4
"""Of the test below: a milestone after the first epoch."""


def sgd(momentum, nesterov, decay):
    w, velocity = np.float64(START), 0.0
    for rate, gradient in zip(SCHEDULE, GRADIENTS, strict=True):
        g = gradient + decay * w
        velocity = momentum * velocity + g
        w = w - rate * (g + momentum * velocity if nesterov else velocity)
    return w


def adam(coupled, decoupled):
    w, m, v = np.float64(START), 0.0, 0.0
    for t, (rate, gradient) in enumerate(zip(SCHEDULE, GRADIENTS, strict=True), 1):
        g = gradient + coupled * w
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        direction = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        w = w - rate * (direction + decoupled * w)
    return w


def trained(**settings):
    recipe = dataclasses.replace(RECIPE, schedule="step", milestones=(1,), **settings)
    now = state.at_step(recipe, {"w": jnp.asarray(START)}, {}, 0)
    for gradient in GRADIENTS:
        now = state.update(recipe, now, {"w": jnp.asarray(gradient)}, {})
    assert now.step == len(GRADIENTS)
    return np.asarray(now.params["w"])


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize(("momentum", "nesterov"), [(0.0, False), (0.9, False), (0.9, True)])
def test_sgd(momentum, nesterov, decay):
    """Decay is part of the gradient; the velocity does not contain the rate."""
    got = trained(momentum=momentum, nesterov=nesterov, weight_decay=decay)
    np.testing.assert_allclose(got, sgd(momentum, nesterov, decay), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_adam_takes_decay_as_part_of_the_gradient(decay):
    got = trained(optimizer="adam", weight_decay=decay)
    np.testing.assert_allclose(got, adam(decay, 0.0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_adamw_takes_decay_beside_it(decay):
    got = trained(optimizer="adamw", weight_decay=decay)
    np.testing.assert_allclose(got, adam(0.0, decay), rtol=1e-4, atol=1e-5)


def test_nesterov_adam_is_that_of_optax():
    whole = optax.nadamw(lambda step: jnp.asarray(SCHEDULE)[step], weight_decay=0.1)
    w = {"w": jnp.asarray(START)}
    inner = whole.init(w)
    for gradient in GRADIENTS:
        updates, inner = whole.update({"w": jnp.asarray(gradient)}, inner, w)
        w = optax.apply_updates(w, updates)
    got = trained(optimizer="adamw", nesterov=True, weight_decay=0.1)
    np.testing.assert_allclose(got, w["w"], rtol=1e-5, atol=1e-6)


def test_a_seed_repeats_its_initialisation_and_another_differs():
    one, same, other = (state.create(RECIPE, jax.random.key(seed)).params for seed in (0, 0, 1))
    jax.tree.map(np.testing.assert_array_equal, one, same)
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    assert all((a != b).all() for a, b in pairs)
