"""Examples in batches, so that however many are looked at, few are in memory at once."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from pruning_jax.training.examples import Batch, Images


def batches(
    images: Images,
    places: Int[np.ndarray, " n"],
    labels: Int[np.ndarray, " n"],
    size: int,
) -> Batch:
    """The examples at some places, batch after batch: a `Batch` with one axis more, the first.

    The last batch is filled up with copies of the first example, which are not valid.

    Args:
      images: all images.
      places: where the examples stand among them.
      labels: their labels.
      size: the examples of a batch; of fewer examples there is one batch.
    """
    assert images.pixels is not None
    size = min(size, len(places))
    count = -(-len(places) // size)
    order = np.arange(count * size)
    valid = order < len(places)
    order = np.where(valid, order, 0)
    shape = (count, size)
    where = jnp.asarray(places[order].reshape(shape), jnp.int32)
    return Batch(
        images.pixels[where],
        jnp.asarray(labels[order].reshape(shape), jnp.int32),
        where,
        jnp.asarray(valid.reshape(shape)),
    )
