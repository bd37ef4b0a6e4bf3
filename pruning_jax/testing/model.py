"""The laws of a model."""

import functools
import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from pruning_jax import masks, plugins
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.testing import tiny
from pruning_jax.testing.comparing import same
from pruning_jax.testing.laws import explained, law, named, traced
from pruning_jax.testing.passes import WHAT, check_passes, logits
from pruning_jax.training import state
from pruning_jax.training.state import TrainState
from pruning_jax.types import Params

Build: TypeAlias = Callable[[Recipe], nn.Module]

WIDTHS = (0.25, 0.5, 1.0, 2.0)
EXAMPLES = 8
"""How many images of a batch are examples; as many again are padding."""


def check_model(build: str | Build, image_shape: tuple[int, int, int] = (32, 32, 3)) -> None:
    """Checks that a model keeps the laws that the program relies on.

    It is a Flax network that gives a logit for each class and image, by parameters of float32. Its
    prunable weights are called `kernel`, have more than one axis, and are most of its numbers.
    `recipe.width` makes it wider, and `recipe.num_classes` is the number of its classes. Padding
    changes neither the logits of the examples in a batch nor the statistics of BatchNorm. It
    computes in the type of its images. A key decides its initialisation, and nothing else is
    random. Every parameter has a part in the logits, but pruned weights have none.

    Args:
      build: the function, or its name: "resnet20", "my_module:build".
      image_shape: (height, width, channels) of images for which it is meant.

    Raises:
      AssertionError: it breaks a law; the message says which, and what to do.
      WrongUse: there is no model of that name.
    """
    name = named(plugins.MODELS, build)
    recipe = replace(
        tiny.RECIPE, model=name, width=WIDTHS[0], image_shape=image_shape, num_classes=5
    )
    made = plugins.MODELS.find(name)(recipe)
    law(
        isinstance(made, nn.Module),
        f"build(recipe) returns {type(made).__name__}; return a flax.linen.Module.",
    )
    shapes = _shapes(recipe)
    _check_parameters(shapes.params)
    _check_sizes(recipe)
    _check_types(recipe, shapes)
    one = _check_initialisation(recipe)
    images = np.random.default_rng(0).normal(size=(2 * EXAMPLES, *image_shape)).astype(np.float32)
    check_passes(recipe, one, jnp.asarray(images))


def _shapes(recipe: Recipe) -> TrainState:
    """The shapes of the state of a network, which has been made anew."""
    return traced(functools.partial(state.create, recipe), jax.random.key(0), what=WHAT)


def _check_parameters(params: Params) -> None:
    """Prunable weights are called `kernel`, and are most of the parameters."""
    prunable, total = 0, 0
    for path, leaf in masks.named(params).items():
        total += leaf.size
        law(leaf.dtype == jnp.float32, f"The parameter {path} is of {leaf.dtype}, not of float32.")
        if path.rpartition("/")[2] == masks.PRUNABLE:
            prunable += leaf.size
            law(
                len(leaf.shape) > 1,
                f"The parameter {path} has the shape {leaf.shape}. What is called "
                f"{masks.PRUNABLE!r} is pruned, which makes sense for the weights between units, "
                "with an input axis and an output axis; call it 'bias' or 'scale'.",
            )
    law(
        2 * prunable > total,
        f"{prunable} of {total} parameters are called {masks.PRUNABLE!r}; no others are pruned, so "
        "that a density would say little. nn.Dense and nn.Conv name their weights so; "
        "self.param('kernel', ...) does for those of your own.",
    )


def _check_sizes(recipe: Recipe) -> None:
    """A wider network has more prunable weights; there is a logit for each class."""
    sizes = [_weights(replace(recipe, width=width)) for width in WIDTHS]
    law(
        all(a < b for a, b in itertools.pairwise(sizes)),
        f"Networks of recipe.width {WIDTHS} have {sizes} prunable weights. Every hidden layer must "
        "be wider by that factor, because the controls of pruning are narrower dense networks: "
        "pruning_jax.models.layers.scaled(channels, recipe.width).",
    )
    for classes, count in ((2, 1), (7, 4)):
        other = replace(recipe, num_classes=classes)
        new, images = _shapes(other), jnp.zeros((count, *recipe.image_shape))
        out, _ = traced(
            functools.partial(logits, other, train=False), new.params, new, images, None, what=WHAT
        )
        law(
            out.shape == (count, classes),
            f"{WHAT} gives an array of shape {out.shape} for {count} images where "
            f"recipe.num_classes is {classes}; it must give logits of shape {(count, classes)}.",
        )


def _weights(recipe: Recipe) -> int:
    return masks.total(jax.eval_shape(masks.dense, _shapes(recipe).params))


PRODUCTS = ("dot_general[", "conv_general_dilated[")


def _check_types(recipe: Recipe, shapes: TrainState) -> None:
    """Products are computed in the type of the images."""
    low, images = replace(recipe, precision="bfloat16"), jnp.zeros((2, *recipe.image_shape))
    trace = jax.make_jaxpr(functools.partial(logits, low, train=True))
    text = str(explained(trace, WHAT, shapes.params, shapes, images, None))
    lines = [line for line in text.splitlines() if any(kind in line for kind in PRODUCTS)]
    law(bool(lines), f"{WHAT} has neither a linear layer nor a convolution.")
    wrong = [line for line in lines if ":bf16[" not in line]
    law(
        not wrong,
        f"{WHAT} computes {len(wrong)} of {len(lines)} products in another type than bfloat16 for "
        "images of bfloat16, so that config.precision has no effect there. Give the type of the "
        "input to each layer: nn.Dense(units, dtype=x.dtype), or pruning_jax.models.layers.dense.",
    )


def _check_initialisation(recipe: Recipe) -> TrainState:
    """A key decides the parameters; it returns those of one."""
    one, again, other = (state.create(recipe, jax.random.key(seed)) for seed in (0, 0, 1))
    law(
        same(one, again),
        f"{WHAT} begins with other parameters for the same key; initialise by functions of the key "
        "that Flax gives them.",
    )
    begun = [masks.named(state.params) for state in (one, other)]
    kernels = masks.named(masks.dense(one.params))
    equal = [path for path in kernels if same(begun[0][path], begun[1][path])]
    law(
        not equal,
        f"The weights {', '.join(equal)} begin alike for two keys; replicas must differ in their "
        "initialisation: use an initialiser such as pruning_jax.models.layers.kaiming_normal.",
    )
    return one
