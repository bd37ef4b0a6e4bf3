"""The laws of a learning-rate schedule."""

from collections.abc import Callable
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import optax

from pruning_jax import plugins
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.testing.comparing import same
from pruning_jax.testing.laws import law, named, program, traced

MakeSchedule: TypeAlias = Callable[[Recipe], optax.Schedule]

WHAT = "schedule(recipe)(step)"

RECIPES = tuple(
    Recipe(epochs=epochs, batch_size=16, train_size=train_size, learning_rate=0.2)
    for epochs, train_size in ((1, 16), (1, 40), (2, 40), (10, 100), (100, 160))
)
"""Of 1, 3, 6, 70 and 1,000 steps."""


def check_schedule(schedule: str | MakeSchedule) -> None:
    """Checks that a learning-rate schedule keeps the laws that the program relies on.

    It returns a function of the step. That gives one learning rate for every step from 0 to
    `recipe.steps - 1`, however few there are: a finite number, not below 0, and above 0 somewhere.
    It depends on the step alone, which can be traced.

    Args:
      schedule: the function, or its name: "cosine", "my_module:schedule".

    Raises:
      AssertionError: it breaks a law; the message says which, and what to do.
      WrongUse: there is no schedule of that name.
    """
    find = plugins.SCHEDULES.find
    make = find(named(plugins.SCHEDULES, schedule))
    for recipe in RECIPES:
        rate = make(recipe)
        law(
            callable(rate),
            f"schedule(recipe) returns {rate!r}; return a function of the step, such as one of "
            "Optax's schedules: optax.linear_schedule(recipe.learning_rate, 0.0, recipe.steps).",
        )
        _check_rates(recipe, rate)
        law(
            same(_rates(recipe, rate), _rates(recipe, make(recipe))),
            f"{WHAT} gives another rate for the same step; compute it from the step alone, so that "
            "a run that is stopped can go on from there.",
        )


def _rates(recipe: Recipe, rate: optax.Schedule) -> np.ndarray:
    """The rates of all steps, by a compiled program."""

    def every(steps: jax.Array) -> jax.Array:
        return jax.lax.map(rate, steps)

    return np.asarray(program(every, WHAT)(jnp.arange(recipe.steps)))


def _check_rates(recipe: Recipe, rate: optax.Schedule) -> None:
    """Every step has a rate with which it can be trained."""
    shape = traced(lambda step: jnp.asarray(rate(step)), jnp.int32(0), what=WHAT).shape
    law(shape == (), f"{WHAT} returns an array of shape {shape}; return one number.")
    rates = _rates(recipe, rate)
    wrong = np.flatnonzero(~np.isfinite(rates) | (rates < 0))
    law(
        not wrong.size,
        f"{WHAT} is {rates[wrong[:1]]} at step {wrong[:1]} of {recipe.steps}; a learning rate must "
        "be a finite number, not below 0, from step 0 to the last, in short training too.",
    )
    law(
        bool((rates > 0).any()),
        f"{WHAT} is 0 in all of {recipe.steps} steps, with which nothing is trained; is "
        "recipe.learning_rate in it?",
    )
