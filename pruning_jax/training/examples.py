"""Examples on their way into a network: their order, the batches, and normalisation."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, UInt8

from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training.devices import over_batch
from pruning_jax.training.replica import Replica
from pruning_jax.training.streams import Stream, stream
from pruning_jax.types import PRNGKey


class Images(NamedTuple):
    """The images of a data set, which all replicas share, and how they are normalised."""

    pixels: UInt8[Array, "n h w c"] | None  # None where they are read as training needs them
    mean: Float[Array, " c"]  # in units of a pixel
    std: Float[Array, " c"]


class Batch(NamedTuple):
    """The examples of one step."""

    images: UInt8[Array, "b h w c"]
    labels: Int[Array, " b"]
    places: Int[Array, " b"]  # where they stand in the data set
    valid: Bool[Array, " b"]  # True for examples, False for padding


def normalise(pixels: UInt8[Array, "n h w c"], images: Images) -> Float[Array, "n h w c"]:
    """Images with mean 0 and standard deviation 1 in every channel."""
    mean, std = (jnp.reshape(a, (1, 1, 1, -1)) for a in (images.mean, images.std))
    return (pixels.astype(jnp.float32) - mean) / std


def epoch_order(
    recipe: Recipe, key: PRNGKey, epoch: int | Int[Array, ""]
) -> Int[Array, "steps batch"]:
    """The examples of each step of one epoch, as positions in `Replica.used`.

    -1 is padding: it fills up the last batch where the examples are no multiple of a batch.
    """
    order = jax.random.permutation(stream(key, Stream.DATA_ORDER, epoch), recipe.train_size)
    missing = recipe.steps_per_epoch * recipe.batch_size - recipe.train_size
    return jnp.pad(order, (0, missing), constant_values=-1).reshape(-1, recipe.batch_size)


def gather(replica: Replica, images: Images, order: Int[Array, " b"]) -> Batch:
    """The examples at the positions `order` of `Replica.used`, -1 for padding."""
    assert images.pixels is not None  # images that are read as needed come as batches
    order = over_batch(order)
    valid = order >= 0
    # Padding repeats a training example: BatchNorm must not see an image from elsewhere.
    places = replica.used[jnp.where(valid, order, order[0])]
    return Batch(images.pixels[places], replica.labels[places], places, valid)
