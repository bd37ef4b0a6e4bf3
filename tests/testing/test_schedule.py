"""The laws of schedules: the built-in ones keep them, and whoever breaks one is told what to do."""

import itertools

import jax.numpy as jnp
import optax
import pytest

from pruning_jax import plugins
from pruning_jax.errors import WrongUse
from pruning_jax.testing import check_schedule

CALLS = itertools.count(1)


@pytest.mark.parametrize("name", plugins.SCHEDULES.names)
def test_the_built_in_ones_keep_the_laws(name):
    check_schedule(name)


def good(recipe):
    return optax.linear_schedule(recipe.learning_rate, 0.0, recipe.steps)


def test_a_function_is_checked_as_its_name_is():
    check_schedule(good)
    check_schedule(f"{__name__}:good")


def a_number(recipe):
    return recipe.learning_rate


def below_zero(recipe):
    return lambda step: 0.1 - step


def endless_at_first(recipe):
    return lambda step: 0.1 / step


def not_a_number_in_short_training(recipe):
    return lambda step: 0.1 * (1 - step / (recipe.steps - 1))


def a_list(recipe):
    return lambda step: jnp.array([0.1, step])


def zero(recipe):
    return optax.constant_schedule(0.0)


def python_branch(recipe):
    return lambda step: 0.1 if step < 10 else 0.01


def unrepeatable(recipe):
    return lambda step: 0.1 / next(CALLS)


@pytest.mark.parametrize(
    ("schedule", "says"),
    [
        (a_number, r"returns 0\.2; return a function of the step"),
        (below_zero, r"is \[-0\.9\] at step \[1\] of 3; a learning rate must be a finite number"),
        (endless_at_first, r"is \[inf\] at step \[0\] of 1"),
        (
            not_a_number_in_short_training,
            r"\[nan\] at step \[0\] of 1; .* in short training too",
        ),
        (a_list, r"returns an array of shape \(2,\); return one number"),
        (zero, r"is 0 in all of 1 steps, .* is recipe\.learning_rate in it"),
        (python_branch, "cannot be compiled by JAX: TracerBoolConversionError.* jnp.where instead"),
        (unrepeatable, "another rate for the same step; compute it from the step alone"),
    ],
)
def test_what_breaks_a_law_is_told_what_to_do(schedule, says):
    with pytest.raises(AssertionError, match=says):
        check_schedule(schedule)


def test_an_unknown_name_is_refused():
    with pytest.raises(WrongUse, match="did you mean cosine"):
        check_schedule("cosin")
