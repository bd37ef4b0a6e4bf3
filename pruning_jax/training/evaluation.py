"""Evaluating one replica: loss, prediction and EL2N of every example."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, UInt8

from pruning_jax import masks
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training.devices import over_batch
from pruning_jax.training.examples import Images, normalise
from pruning_jax.training.network import logits
from pruning_jax.training.replica import Replica
from pruning_jax.training.state import create

EVALUATION_BATCH = 1024
"""The number of examples that are evaluated at once, because memory is bounded."""


class Outcome(NamedTuple):
    """What a network makes of each example."""

    loss: Float[Array, " n"] | np.ndarray  # cross-entropy with the given label, in nats
    prediction: Int[Array, " n"] | np.ndarray  # the class with the largest logit
    el2n: Float[Array, " n"] | np.ndarray
    # The l2 norm of what training has changed in the surviving weights since initialisation.
    distance: Float[Array, ""] | np.ndarray | None = None


def outcome(
    recipe: Recipe,
    replica: Replica,
    pixels: UInt8[Array, "n h w c"],
    labels: Int[Array, " n"],
    images: Images,
) -> Outcome:
    """The outcome of some examples, with BatchNorm in evaluation mode; its distance is None.

    EL2N is || softmax(f(x)) - onehot(y) ||_2 for the given label y
    (Paul, Ganguli, Dziugaite 2021, arXiv 2107.07075).
    """
    pixels, labels = map(over_batch, (pixels, labels))
    state, inputs = replica.state, normalise(pixels, images)
    out, _ = logits(recipe, state.params, replica.mask, state.statistics, inputs)
    error = jax.nn.softmax(out) - jax.nn.one_hot(labels, recipe.num_classes)
    loss = optax.softmax_cross_entropy_with_integer_labels(out, labels)
    return Outcome(loss, jnp.argmax(out, -1), jnp.linalg.norm(error, axis=-1))


def evaluate(recipe: Recipe, replica: Replica, images: Images) -> Outcome:
    """The outcome of every example."""
    assert images.pixels is not None
    all_pixels = images.pixels
    n, share = replica.labels.shape[0], recipe.engine.batch_devices
    batches = -(-n // EVALUATION_BATCH)
    size = -(-n // (batches * share)) * share  # the devices that share a batch divide it
    places = jnp.minimum(jnp.arange(batches * size), n - 1).reshape(batches, size)

    def one(batch: Int[Array, " b"]) -> Outcome:
        return outcome(recipe, replica, all_pixels[batch], replica.labels[batch], images)

    found = jax.tree.map(lambda a: a.reshape(-1)[:n], jax.lax.map(one, places))
    return found._replace(distance=distance(recipe, replica))


def distance(recipe: Recipe, replica: Replica) -> Float[Array, ""]:
    """The l2 norm of the change of the surviving weights since initialisation."""
    initial = create(recipe, replica.key).params
    change = jax.tree.map(jnp.subtract, replica.state.params, initial)
    mask = replica.mask
    survived = jax.tree.map(
        lambda m, c: jnp.where(m, c, 0), masks.prunable(mask, mask), masks.prunable(mask, change)
    )
    return optax.tree.norm(survived)
