"""The laws of optimizers: the built-in ones keep them, who breaks one is told what to do."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from pruning_jax import plugins
from pruning_jax.errors import WrongUse
from pruning_jax.testing import check_optimizer

UNSEEDED = np.random.default_rng()


@pytest.mark.parametrize("name", plugins.OPTIMIZERS.names)
def test_the_built_in_ones_keep_the_laws(name):
    check_optimizer(name)


def good(recipe):
    return optax.scale_by_lion()


def test_a_function_is_checked_as_its_name_is():
    check_optimizer(good)
    check_optimizer(f"{__name__}:good")


def stateless(change):
    """An optimizer whose direction is a change of the gradient."""
    return optax.stateless(lambda updates, params: jax.tree.map(change, updates))


def nothing(recipe):
    return None


def downhill(recipe):
    return optax.sgd(0.1)


def with_the_rate(recipe):
    return optax.scale(recipe.learning_rate)


def moves_everything(recipe):
    return stateless(lambda u: u + 1e-6)


def with_a_key(recipe):
    key = jax.random.key(0)
    return optax.GradientTransformation(lambda params: key, lambda u, state, params: (u, state))


def with_a_state_that_grows(recipe):
    def update(updates, state, params):
        return updates, jnp.append(state, 1.0)

    return optax.GradientTransformation(lambda params: jnp.zeros(1), update)


def of_another_type(recipe):
    return stateless(lambda u: u.astype(jnp.bfloat16))


def begins_with_one(recipe):
    """What it keeps of a pruned weight shrinks with every step."""
    return optax.scale_by_rms(initial_scale=1.0)


def python_branch(recipe):
    return stateless(lambda u: u if u.sum() > 0 else 2 * u)


def unrepeatable(recipe):
    return stateless(lambda u: u * UNSEEDED.uniform())


def with_others(recipe):
    def beside(u):
        shape = jax.ShapeDtypeStruct(u.shape, u.dtype)
        return jax.pure_callback(lambda x: x / abs(x).max(), shape, u, vmap_method="broadcast_all")

    return stateless(lambda u: jnp.abs(u).max() * beside(u) if u.ndim > 1 else u)


@pytest.mark.parametrize(
    ("optimizer", "says"),
    [
        (nothing, r"returns None; return an optax\.GradientTransformation"),
        (downhill, r"leads downhill in the first step; .* Use Optax's optax\.scale_by_"),
        (with_the_rate, r"depends on recipe\.learning_rate, .* the schedule would act twice"),
        (moves_everything, r"moves \d+ weights that are pruned"),
        (with_a_key, r"keeps key<fry> in .* and no random keys"),
        (with_a_state_that_grows, r"returns a state .* init made one of .* the same structure"),
        (of_another_type, "returns a direction .*bfloat16.*; the parameters are"),
        (begins_with_one, "keeps of a pruned weight changes, .* best with 0"),
        (python_branch, "cannot be compiled by JAX: TracerBoolConversionError.* jnp.where instead"),
        (unrepeatable, "another direction for the same arguments; keep nothing outside"),
        (with_others, r"something else when another one is computed with it .* = 'vmap'\)"),
    ],
)
def test_what_breaks_a_law_is_told_what_to_do(optimizer, says):
    with pytest.raises(AssertionError, match=says):
        check_optimizer(optimizer)


def test_an_unknown_name_is_refused():
    with pytest.raises(WrongUse, match="did you mean adam"):
        check_optimizer("adamm")
