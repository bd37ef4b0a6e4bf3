"""The laws of criteria: the built-in ones keep them, and whoever breaks one is told what to do."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pruning_jax import plugins
from pruning_jax.errors import WrongUse
from pruning_jax.testing import check_criterion

UNSEEDED = np.random.default_rng()


@pytest.mark.parametrize("name", plugins.CRITERIA.names)
def test_the_built_in_ones_keep_the_laws(name):
    check_criterion(name)


def good(evidence):
    return jax.tree.map(lambda w, g: abs(w) + abs(g), evidence.weights, evidence.anchor)


def test_a_function_is_checked_as_its_name_is():
    check_criterion(good)
    check_criterion(f"{__name__}:good")


def kernels_only(evidence):
    layers = {name: layer for name, layer in evidence.weights.items() if "kernel" in layer}
    return {name: {"kernel": layer["kernel"]} for name, layer in layers.items()}


def nothing(evidence):
    return None


def transposed(evidence):
    return jax.tree.map(lambda w: abs(w.T), evidence.weights)


def numbers(evidence):
    return jax.tree.map(lambda w: 1.0, evidence.weights)


def complex_numbers(evidence):
    return jax.tree.map(lambda w: w * 1j, evidence.weights)


def python_branch(evidence):
    return jax.tree.map(lambda w: w if w.sum() > 0 else -w, evidence.weights)


def unrepeatable(evidence):
    return jax.tree.map(lambda w: abs(w) + UNSEEDED.uniform(), evidence.weights)


def not_numbers(evidence):
    return jax.tree.map(lambda w: jnp.log(-abs(w)), evidence.weights)


def not_numbers_where_one_weight_remains(evidence):
    def score(w):
        alive = w != 0
        return abs(w - w.mean(where=alive)) / w.std(where=alive)

    return jax.tree.map(score, evidence.weights)


def divided_by_nothing(evidence):
    return jax.tree.map(lambda w: (1 + jnp.abs(w)) / (w - w), evidence.weights)


def all_alike(evidence):
    return jax.tree.map(jnp.ones_like, evidence.weights)


def beside(w, vmap_method):
    """The weights without the mean of all that is computed at once."""
    shape = jax.ShapeDtypeStruct(w.shape, w.dtype)
    return jax.pure_callback(lambda x: x - x.mean(), shape, w, vmap_method=vmap_method)


def with_others(evidence):
    return jax.tree.map(lambda w: beside(w, "broadcast_all"), evidence.weights)


def only_alone(evidence):
    return jax.tree.map(lambda w: beside(w, None), evidence.weights)


@pytest.mark.parametrize(
    ("score", "says"),
    [
        (kernels_only, r"gives scores of the structure .* Return a score for each parameter"),
        (nothing, r"gives scores of the structure .*jax\.tree\.map\(jnp\.abs, evidence\.weights\)"),
        (transposed, r"gives scores of shape \(3, 1, 3, 3\) for .* has shape \(3, 3, 1, 3\)"),
        (numbers, r"gives scores of shape \(\) for "),
        (complex_numbers, r"are of complex64; .* they must be real: take jnp\.abs or jnp\.real"),
        (
            python_branch,
            r"cannot be compiled by JAX: TracerBoolConversionError.* \(test_crit.*, line \d+\)"
            r".* jnp.where instead",
        ),
        (unrepeatable, r"other scores for the same evidence; .* `evidence\.key`"),
        (not_numbers, "weights that remain the score NaN, .* do not divide by what can be 0"),
        (
            not_numbers_where_one_weight_remains,
            r"gives \d of \d+ weights .* score NaN",
        ),
        (divided_by_nothing, r"weights an infinite score: .* by their place"),
        (all_alike, r"all weights the same score, 1\.0: .* by their place"),
        (with_others, r"something else when another one is computed with it .* = 'vmap'\)"),
        (only_alone, r"config\.engine\.replicas = 'vmap', cannot be compiled by JAX: "),
        ("math:pi", r"'math:pi' is 3\.14\d*; it must be a function called score"),
    ],
)
def test_what_breaks_a_law_is_told_what_to_do(score, says):
    with pytest.raises(AssertionError, match=says):
        check_criterion(score)


def test_what_has_no_name_is_told_what_to_do():
    with pytest.raises(AssertionError, match="define score at the top level of a module, or give"):
        check_criterion(lambda evidence: evidence.weights)


def test_an_unknown_name_is_refused():
    with pytest.raises(WrongUse, match="did you mean magnitude"):
        check_criterion("magnitud")
