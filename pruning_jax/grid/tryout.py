"""Plug-ins of the user's own, each traced once on shapes alone before anything else is done.

What fails there is told of in one line, and before a run has written anything.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from pruning_jax import plugins
from pruning_jax.data import augment, label_noise
from pruning_jax.errors import require
from pruning_jax.experiment.data import Data
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.grid import operations
from pruning_jax.plugins import Kind, trying
from pruning_jax.training import fit, state

SOME = 8
"""How many examples the trials have."""


def try_out(data: Data, recipe: Recipe) -> None:
    """Tries the plug-ins of a data set's and a recipe's own that the user has written.

    Raises:
      WrongUse: one raises an error, or returns something of another shape or type.
    """
    used = [
        (plugins.MODELS, recipe.model, _model),
        (plugins.OPTIMIZERS, recipe.optimizer, _model),
        (plugins.SCHEDULES, recipe.schedule, _schedule),
        *((plugins.AUGMENTATIONS, name, _augmentation(name)) for name in recipe.augmentations),
    ]
    own: list[tuple[Kind, str]] = []
    for kind, name, trial in used:
        if ":" in name:
            own.append((kind, name))
            found = kind.find(name)
            require(callable(found), f"{kind.what} {name!r} is {found!r}, not a function")
            with trying(kind, name):
                trial(recipe)
    if own:
        with trying(*own[-1]):
            _step(recipe)
    _noise(data, recipe)


def _model(recipe: Recipe) -> None:
    """The state of a network, which has that of its optimizer."""
    state.shapes(recipe)


def _schedule(recipe: Recipe) -> None:
    rate = jax.eval_shape(lambda: state.learning_rate(recipe, 0))
    require(rate.shape == (), f"schedule {recipe.schedule!r} gives {rate.shape}, not one number")


def _augmentation(name: str) -> functools.partial:
    return functools.partial(_augmented, name)


def _augmented(name: str, recipe: Recipe) -> None:
    image = jax.ShapeDtypeStruct((SOME, *recipe.image_shape), jnp.uint8)
    places, key = np.arange(SOME, dtype=np.int32), jax.random.key(0)
    changed = jax.eval_shape(lambda i: augment.augment((name,), i, jnp.asarray(places), key), image)
    require(
        (changed.shape, changed.dtype) == (image.shape, image.dtype),
        f"augmentation {name!r} makes {changed.dtype} {changed.shape[1:]} of an image "
        f"{image.dtype} {image.shape[1:]}",
    )


def _step(recipe: Recipe) -> None:
    """A whole step of training."""
    plain = dataclasses.replace(recipe, train_size=recipe.batch_size, milestones=())
    replica, batch, images = operations.shapes(plain)
    jax.eval_shape(functools.partial(fit.step, plain), replica, batch, replica.key, images)


def _noise(data: Data, recipe: Recipe) -> None:
    """Labels that are drawn anew."""
    if ":" not in data.noise_kind:
        return
    labels = jax.ShapeDtypeStruct((SOME,), jnp.int32)
    with trying(plugins.NOISE, data.noise_kind):
        jax.eval_shape(
            lambda given: label_noise.corrupt(
                given,
                kind=data.noise_kind,
                rate=0.5,
                key=jax.random.key(0),
                num_classes=recipe.num_classes,
                transition=None
                if data.transition_matrix is None
                else jnp.array(data.transition_matrix),
            ),
            labels,
        )
