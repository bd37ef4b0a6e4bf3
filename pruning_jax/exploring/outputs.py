"""What networks of a run say of all images, in batches of bounded memory."""

import functools
from weakref import WeakKeyDictionary

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt8

from pruning_jax import masks
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.exploring.bench import Bench
from pruning_jax.training import network as networks
from pruning_jax.training import state
from pruning_jax.training.evaluation import EVALUATION_BATCH
from pruning_jax.training.examples import Images, normalise
from pruning_jax.types import Mask, Params, Statistics
from pruning_jax.workdir.explored import Network

_DENSE: WeakKeyDictionary[Bench, tuple[Network, np.ndarray]] = WeakKeyDictionary()
"""The logits of the dense network that was asked for last: the rounds of a cell ask for one."""


def logits(bench: Bench, network: Network) -> np.ndarray:
    """The logits of all images of a run, float32 [n, classes], in the order of `Bench.images`.

    BatchNorm is in evaluation mode. The program is compiled once for each recipe.

    Raises:
      Damaged: a file of the cell cannot be read, or the run keeps no parameters.
    """
    recipe, images = bench.recipe(network.cell), bench.images
    assert images.pixels is not None
    shapes = state.shapes(recipe)
    params = masks.unnamed(bench.run.params(network.cell, network.round), shapes.params)
    statistics = bench.run.statistics(network.cell, network.round)
    own = params, bench.mask(network), masks.unnamed(statistics, shapes.statistics)
    n = images.pixels.shape[0]
    batches = -(-n // EVALUATION_BATCH)
    size = -(-n // batches)  # as even as can be, so that there is one program
    places = np.minimum(np.arange(batches * size), n - 1).reshape(batches, size)
    moments = images._replace(pixels=None)
    found = [_batch(recipe, *own, moments, images.pixels[batch]) for batch in places]
    return np.concatenate([np.asarray(part, np.float32) for part in found])[:n]


def of_dense(bench: Bench, network: Network) -> np.ndarray:
    """The logits of the dense network, of round 0, of the cell of a network."""
    dense = network._replace(round=0)
    kept = _DENSE.get(bench)
    if kept is None or kept[0] != dense:
        _DENSE[bench] = kept = dense, logits(bench, dense)
    return kept[1]


@functools.partial(jax.jit, static_argnums=0)
def _batch(
    recipe: Recipe,
    params: Params,
    mask: Mask,
    statistics: Statistics,
    moments: Images,
    pixels: UInt8[Array, "n h w c"],
) -> Float[Array, "n k"]:
    inputs = normalise(pixels, moments)
    return networks.logits(recipe, params, mask, statistics, inputs)[0].astype(jnp.float32)
