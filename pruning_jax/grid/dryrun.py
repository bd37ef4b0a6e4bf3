"""Checks that need the network: its layers, and what criteria and rewinds make of it. They run
nothing."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from pruning_jax import errors, masks, plugins
from pruning_jax.errors import require
from pruning_jax.experiment.cells import Experiment
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.grid import operations, reach
from pruning_jax.plugins import trying
from pruning_jax.pruning import prune, restart, weights_to_keep
from pruning_jax.training import devices, state
from pruning_jax.training.examples import Images
from pruning_jax.training.replica import Replica
from pruning_jax.training.state import TrainState
from pruning_jax.types import Mask


def check(experiment: Experiment) -> None:
    """Checks an experiment against its network.

    Raises:
      WrongUse: a pattern names no layer, the scores of a criterion do not fit the parameters, or a
        rewind gives no state of the network.
    """
    for algorithm in experiment.algorithms:
        mask = _network(experiment.recipe_of(algorithm, 0.0))[1]
        sizes = masks.sizes(mask)
        what = f"algorithms.{algorithm.name}"
        for pattern in algorithm.exclude:
            require(
                bool(weights_to_keep.excluded(mask, (pattern,)).any()),
                f"{what}.exclude: {pattern!r} matches none of the layers {', '.join(sizes)}"
                + errors.nearest(pattern, (name.rpartition("/")[0] for name in sizes)),
            )
    _check_plugins(experiment)


def lacking_memory(recipe: Recipe) -> str:
    """That the memory of this machine is too small for a batch, as a line; "" where it is not."""
    share = 1 if devices.on_cpu() else recipe.engine.batch_devices  # cores have one memory
    need, free = operations.activations(recipe) / share, devices.free_bytes()
    if need <= free:
        return ""
    return (
        f"batch_size {recipe.batch_size}: the activations of {recipe.model} for one batch need "
        f"{need / 1e9:.3g} GB, and {free / 1e9:.3g} GB are free; take a smaller batch, or let more "
        "devices share it (engine.batch_devices)"
    )


def _network(recipe: Recipe) -> tuple[TrainState, Mask]:
    """The shapes of a network's state and mask."""
    one = state.shapes(recipe)
    return one, jax.eval_shape(masks.dense, one.params)


def notes(experiment: Experiment) -> list[str]:
    """What a user should know before it runs, a line each."""
    recipe = experiment.recipe
    last = float(state.learning_rate(recipe, recipe.steps))
    tiny = last < recipe.learning_rate / 1000
    return reach.notes(experiment.algorithms, recipe) + [
        f"note: {a.name} fine-tunes at the schedule's last learning rate, which is {last:.1e} "
        f"under {recipe.schedule!r}: it hardly trains; 'step' or 'constant' end higher"
        for a in experiment.algorithms
        if a.rewind == "finetune" and tiny
    ]


def _check_plugins(experiment: Experiment) -> None:
    """Traces every criterion and every rewind in use once, on shapes alone.

    Raises:
      WrongUse: scores do not fit the parameters, or a rewind gives no state of the network.
    """
    recipe, algorithms = experiment.recipe, experiment.algorithms
    criteria = sorted({a.criterion for a in algorithms})
    rewinds = sorted({a.rewind for a in algorithms})
    size = min(experiment.scoring_examples, recipe.train_size)
    one, mask = _network(recipe)
    layers = len(jax.tree.leaves(mask))
    choice = prune.Choice(
        criterion=np.int32(0),
        layerwise=np.bool_(False),
        keep=np.int32(0),
        keeps=np.zeros(layers, np.int32),
        excluded=np.zeros(layers, bool),
        round=np.int32(0),
        steps=np.int32(1),
    )
    replica, images = _shapes(recipe, one, mask)
    for name in criteria:
        with trying(plugins.CRITERIA, name):
            score = functools.partial(prune.score, recipe, (name,), size)
            jax.eval_shape(score, replica, images, choice)
    for name in rewinds:
        with trying(plugins.REWINDS, name):
            rewind = functools.partial(restart.restart, recipe, (name,), False)
            jax.eval_shape(lambda given, f=rewind: f(given, 0, 0), replica)


def _shapes(recipe: Recipe, one: TrainState, mask: Mask) -> tuple[Replica, Images]:
    """The shapes of a replica and of its images."""
    size, image = recipe.train_size, recipe.image_shape
    labels = jax.eval_shape(lambda: jnp.zeros(size, jnp.int32))
    pixels = jax.eval_shape(lambda: jnp.zeros((size, *image), jnp.uint8))
    channels = jax.eval_shape(lambda: jnp.zeros(image[-1], jnp.float32))
    key = jax.eval_shape(lambda: jax.random.key(0))
    replica = Replica(key=key, labels=labels, used=labels, state=one, mask=mask, anchor=one)
    return replica, Images(pixels, channels, channels)
