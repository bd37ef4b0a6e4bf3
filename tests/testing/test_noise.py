"""What `check_noise` tells an author whose kind of noise breaks a law."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pruning_jax.errors import WrongUse
from pruning_jax.testing import check_noise

UNSEEDED = np.random.default_rng()


def good(labels, key, num_classes, transition):
    """The next class, in half of the cases."""
    return (labels + jax.random.bernoulli(key, shape=labels.shape)) % num_classes


def fractions(labels, key, num_classes, transition):
    return labels / 1


def fewer(labels, key, num_classes, transition):
    return labels[:10]


def beyond(labels, key, num_classes, transition):
    return labels + 1


def below(labels, key, num_classes, transition):
    return labels - 1


def unrepeatable(labels, key, num_classes, transition):
    return (labels + UNSEEDED.integers(0, 2, labels.shape)) % num_classes


def uncompiled(labels, key, num_classes, transition):
    return labels if labels[0] > 1 else labels * 0


def nothing(labels, key, num_classes, transition):
    return labels, key


def test_a_lawful_one_passes():
    check_noise(good)
    check_noise("symmetric")


@pytest.mark.parametrize(
    ("relabel", "says"),
    [
        (fractions, r"float32 \(1000,\) .* return one new label .* \.astype\(labels\.dtype\)"),
        (fewer, r"int32 \(10,\) for labels int32 \(1000,\)"),
        (beyond, r"the label \[5\] where num_classes is 5; .* `% num_classes`"),
        (below, r"the label \[-1\] where num_classes is 5"),
        (unrepeatable, "other labels for the same key; take every random number from jax.random"),
        (uncompiled, "cannot be compiled by JAX: TracerBoolConversionError.* jnp.where instead of"),
        (nothing, "must return one array, not tuple"),
    ],
)
def test_what_breaks_a_law_is_told_what_to_do(relabel, says):
    with pytest.raises(AssertionError, match=says):
        check_noise(relabel)


def test_what_is_random_only_outside_a_compiled_program_is_noticed():
    """`corrupt` is not compiled where a run begins."""

    def relabel(labels, key, num_classes, transition):
        compiled = isinstance(labels, jax.core.Tracer)
        shift = 0 if compiled else UNSEEDED.integers(0, 2, labels.shape)
        return (labels + jnp.asarray(shift, labels.dtype)) % num_classes

    with pytest.raises(
        AssertionError, match=r"another new label at the rate 0\.15 than at a lower"
    ):
        check_noise(relabel)


@pytest.mark.parametrize("given", ["named", "itself"])
def test_who_says_always_wrong_must_be(monkeypatch, given):
    module = type(sys)("outside_says_wrong")
    module.ALWAYS_WRONG, module.relabel = True, good
    monkeypatch.setitem(sys.modules, "outside_says_wrong", module)
    monkeypatch.setattr(good, "__module__", "outside_says_wrong")
    with pytest.raises(
        AssertionError, match="labels are the true ones, but the module says ALWAYS"
    ):
        check_noise("outside_says_wrong:relabel" if given == "named" else good)


def test_an_unknown_name_is_refused():
    with pytest.raises(WrongUse, match="did you mean symmetric"):
        check_noise("symetric")
