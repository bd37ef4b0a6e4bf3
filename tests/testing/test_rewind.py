"""The laws of rewinds: the built-in ones keep them, and whoever breaks one is told what to do."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pruning_jax import plugins
from pruning_jax.errors import WrongUse
from pruning_jax.testing import check_rewind

UNSEEDED = np.random.default_rng()


@pytest.mark.parametrize("name", plugins.REWINDS.names)
def test_the_built_in_ones_keep_the_laws(name):
    check_rewind(name)


def changed(replica, change, *others):
    """The trained state, its parameters changed one by one."""
    params = jax.tree.map(change, replica.state.params, *others)
    return replica.anchor._replace(params=params)


def good(recipe, replica):
    """Half way between the trained weights and the anchor's."""
    return changed(replica, lambda w, a: (w + a) / 2, replica.anchor.params)


def test_a_function_is_checked_as_its_name_is():
    check_rewind(good)
    check_rewind(f"{__name__}:good")


def nothing(recipe, replica):
    return None


def parameters(recipe, replica):
    return replica.anchor.params


def another_shape(recipe, replica):
    return changed(replica, lambda p: p[:1])


def half_precision(recipe, replica):
    return changed(replica, lambda p: p.astype(jnp.float16))


def without_statistics(recipe, replica):
    return replica.anchor._replace(statistics={})


def beyond_the_end(recipe, replica):
    return replica.state._replace(step=jnp.int32(10 * recipe.steps))


def before_the_beginning(recipe, replica):
    return replica.state._replace(step=replica.anchor.step - 100)


def a_step_of_its_own(recipe, replica):
    drawn = (replica.labels * jnp.arange(50)).sum() % recipe.steps
    return replica.state._replace(step=drawn)


def python_branch(recipe, replica):
    return replica.state if replica.anchor.step > 0 else replica.anchor


def unrepeatable(recipe, replica):
    return changed(replica, lambda p: p + UNSEEDED.uniform())


def with_momentum(recipe, replica):
    moments = jax.tree.leaves(replica.state.optimizer)
    return changed(replica, lambda p: p + moments[0].sum())


def not_numbers(recipe, replica):
    return changed(replica, lambda p: jnp.log(-abs(p)))


def with_others(recipe, replica):
    def beside(p):
        shape = jax.ShapeDtypeStruct(p.shape, p.dtype)
        return jax.pure_callback(lambda x: x - x.mean(), shape, p, vmap_method="broadcast_all")

    return changed(replica, beside)


@pytest.mark.parametrize(
    ("rewind", "says"),
    [
        (nothing, r"returns NoneType, not a TrainState; return replica\.state"),
        (parameters, "returns dict, not a TrainState"),
        (another_shape, r"a state whose params are .* Return arrays of the shapes and types"),
        (half_precision, "a state whose params are .*float16"),
        (without_statistics, "a state whose statistics are {}; "),
        (beyond_the_end, "returns step 90, where a schedule has the steps 0 to 8, and 9 is its"),
        (before_the_beginning, "returns step -96, where"),
        (a_step_of_its_own, r"returns the steps \[\d, \d\] for two replicas of one recipe"),
        (python_branch, "cannot be compiled by JAX: TracerBoolConversionError.* jnp.where instead"),
        (
            unrepeatable,
            r"another state for the same replica; .*fold_in\(replica\.key, 1000\)",
        ),
        (with_momentum, r"depends on what the optimizer keeps \(replica\.state\.optimizer\)"),
        (not_numbers, "weights that are NaN .* do not divide by what can be 0"),
        (with_others, r"something else when another one is computed with it .* = 'vmap'\)"),
    ],
)
def test_what_breaks_a_law_is_told_what_to_do(rewind, says):
    with pytest.raises(AssertionError, match=says):
        check_rewind(rewind)


def test_an_unknown_name_is_refused():
    with pytest.raises(WrongUse, match="did you mean weights"):
        check_rewind("weight")
