"""The laws of criteria, rewinds, models, optimizers and schedules: the built-in ones keep them, and
each check tells an author what is broken."""

import jax
import jax.numpy as jnp
import optax
import pytest
from flax import linen as nn

from pruning_jax import plugins
from pruning_jax.errors import WrongUse
from pruning_jax.models.layers import dense, scaled
from pruning_jax.testing import (
    check_criterion,
    check_model,
    check_optimizer,
    check_rewind,
    check_schedule,
)

CHECKS = {
    plugins.CRITERIA: check_criterion,
    plugins.REWINDS: check_rewind,
    plugins.OPTIMIZERS: check_optimizer,
    plugins.SCHEDULES: check_schedule,
}
BUILT_IN = [(kind, name) for kind in CHECKS for name in kind.names]


@pytest.mark.parametrize(("kind", "name"), BUILT_IN, ids=lambda x: getattr(x, "what", x))
def test_the_built_in_ones_keep_the_laws(kind, name):
    CHECKS[kind](name)


@pytest.mark.slow
@pytest.mark.parametrize("name", plugins.MODELS.names)
def test_the_built_in_models_keep_the_laws(name):
    # Normalisation over few pixels magnifies rounding: large networks get large images.
    check_model(name, (64, 64, 3) if name == "resnet50" else (32, 32, 3))


@pytest.mark.parametrize("kind", CHECKS, ids=lambda kind: kind.what)
def test_a_name_that_there_is_not(kind):
    with pytest.raises(WrongUse, match="is not one of"):
        CHECKS[kind]("nothing_of_that_name")


def kernels_only(evidence):
    return {name: {"kernel": layer["kernel"]} for name, layer in evidence.weights.items()}


def transposed(evidence):
    return jax.tree.map(lambda w: abs(w.T), evidence.weights)


def not_numbers(evidence):
    return jax.tree.map(lambda w: jnp.log(-abs(w)), evidence.weights)


def all_alike(evidence):
    return jax.tree.map(jnp.ones_like, evidence.weights)


def python_branch(evidence):
    return jax.tree.map(lambda w: w if w.sum() > 0 else -w, evidence.weights)


@pytest.mark.parametrize("score", [kernels_only, transposed, not_numbers, all_alike, python_branch])
def test_a_criterion_that_breaks_a_law(score):
    with pytest.raises((AssertionError, WrongUse)) as failed:
        check_criterion(score)
    assert len(str(failed.value)) > 40


def nothing_back(recipe, replica):
    return None


def another_shape(recipe, replica):
    return replica.state._replace(params=jax.tree.map(lambda p: p[:1], replica.state.params))


def beyond_the_end(recipe, replica):
    return replica.state._replace(step=jnp.int32(10 * recipe.steps))


@pytest.mark.parametrize("rewind", [nothing_back, another_shape, beyond_the_end])
def test_a_rewind_that_breaks_a_law(rewind):
    with pytest.raises((AssertionError, WrongUse)) as failed:
        check_rewind(rewind)
    assert len(str(failed.value)) > 40


class Network(nn.Module):
    """A network of one hidden layer, with one law broken by each setting."""

    units: int
    classes: int
    extra: int = 0

    @nn.compact
    def __call__(self, images, train=False, valid=None):
        x = nn.relu(dense(images.reshape(images.shape[0], -1), self.units))
        return dense(x, self.classes + self.extra)


def one_width(recipe):
    return Network(50, recipe.num_classes)


def one_class_more(recipe):
    return Network(scaled(50, recipe.width), recipe.num_classes, 1)


def lawful(recipe):
    return Network(scaled(50, recipe.width), recipe.num_classes)


def test_a_lawful_model_passes():
    check_model(lawful)


@pytest.mark.parametrize("build", [one_width, one_class_more])
def test_a_model_that_breaks_a_law(build):
    with pytest.raises(AssertionError) as failed:
        check_model(build)
    assert len(str(failed.value)) > 40


def with_a_rate(recipe):
    return optax.sgd(0.1)


def moves_everything(recipe):
    return optax.stateless(lambda updates, _: jax.tree.map(lambda u: u + 1, updates))


@pytest.mark.parametrize("optimizer", [with_a_rate, moves_everything])
def test_an_optimizer_that_breaks_a_law(optimizer):
    with pytest.raises(AssertionError) as failed:
        check_optimizer(optimizer)
    assert len(str(failed.value)) > 40


def below_zero(recipe):
    return lambda step: 0.1 - step


def endless(recipe):
    return lambda step: 0.1 / step


@pytest.mark.parametrize("schedule", [below_zero, endless])
def test_a_schedule_that_breaks_a_law(schedule):
    with pytest.raises(AssertionError) as failed:
        check_schedule(schedule)
    assert len(str(failed.value)) > 40
