"""The Hessian of the training loss, known by its products with vectors alone.

It has as many rows as a network has weights and is never written down. The vectors are pytrees of
the shape of the parameters, and 0 at what is pruned.
"""

import dataclasses
import importlib
import importlib.util
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int

from pruning_jax import masks
from pruning_jax.errors import install, require
from pruning_jax.experiment.recipe import Engine, Recipe
from pruning_jax.training import devices, replicas
from pruning_jax.training.examples import Batch, Images, normalise
from pruning_jax.training.network import logits
from pruning_jax.training.replica import Replica
from pruning_jax.training.streams import Stream, stream
from pruning_jax.types import Params, PRNGKey

NEEDS = "matfree"

BATCH = 256
"""The examples whose part of a product is computed at once."""


class Tridiagonal(NamedTuple):
    """What Lanczos' algorithm makes of a symmetric matrix A and a vector v in m steps.

    In the orthonormal basis v / |v|, ... of the vectors v, A v, ..., A^(m-1) v the matrix is
    tridiagonal. With a first axis more: for several vectors.
    """

    diagonal: Float[Array, " m"] | np.ndarray
    off: Float[Array, " m"] | np.ndarray  # beside it; the last one leads out of the basis
    length: Float[Array, ""] | np.ndarray  # |v|


def product(
    recipe: Recipe, replica: Replica, examples: Batch, images: Images, vector: Params
) -> Params:
    """The Hessian times a vector, of the mean cross-entropy over batches of examples.

    The derivative of the gradient in the direction of the vector (Pearlmutter 1994,
    doi 10.1162/neco.1994.6.1.147). The labels are those in `examples`, BatchNorm has its saved
    statistics, and weight decay is not part of the loss.
    """
    count = jnp.sum(examples.valid)

    def part(sum_: Params, batch: Batch) -> tuple[Params, None]:
        inputs = normalise(batch.images, images)

        def loss(params: Params) -> Float[Array, ""]:
            out, _ = logits(recipe, params, replica.mask, replica.state.statistics, inputs)
            losses = optax.softmax_cross_entropy_with_integer_labels(out, batch.labels)
            return jnp.sum(jnp.where(batch.valid, losses, 0)) / count

        slope = jax.grad(loss)
        _, change = jax.jvp(slope, (replica.state.params,), (vector,))
        return jax.tree.map(jnp.add, sum_, change), None

    # The context is opened here too because gradients are traced after the forward pass.
    with jax.default_matmul_precision(recipe.precision):
        return jax.lax.scan(part, jax.tree.map(jnp.zeros_like, vector), examples)[0]


def tridiagonal(
    recipe: Recipe,
    steps: int,
    probe: Int[Array, ""],
    replica: Replica,
    scale: Params,
    examples: Batch,
    images: Images,
) -> Tridiagonal:
    """Lanczos' algorithm (1950) for S H S, from the vector of random signs that a probe has.

    H is the Hessian and S the diagonal matrix of `scale`, which must be 0 at what is pruned. It
    takes memory for `steps` vectors, which are kept orthogonal to each other.
    """
    decomp = importlib.import_module(f"{NEEDS}.decomp")
    drawn = signs(stream(replica.key, Stream.PROBES, probe), scale)
    start = jax.tree.map(jnp.multiply, drawn, alive(replica))

    def scaled(vector: Params) -> Params:
        return jax.tree.map(jnp.multiply, scale, vector)

    def times(vector: Params) -> Params:
        return scaled(product(recipe, replica, examples, images, scaled(vector)))

    # It needs no derivative of its own, and could not have one of what `times` closes over.
    found = decomp.tridiag_sym(steps, materialize=False, custom_vjp=False)(times, start)
    diagonal, off = found.J_small
    last = optax.tree.norm(found.residual)
    return Tridiagonal(diagonal, jnp.append(off, last), optax.tree.norm(start))


def signs(key: PRNGKey, like: Params) -> Params:
    """Independent random signs of the shapes of `like`."""
    leaves, structure = jax.tree.flatten(like)
    keys = jax.random.split(key, len(leaves))
    drawn = [jax.random.rademacher(k, a.shape, a.dtype) for k, a in zip(keys, leaves, strict=True)]
    return jax.tree.unflatten(structure, drawn)


def alive(replica: Replica) -> Params:
    """1 for every parameter that is trained: each weight that is not pruned, biases, and what
    BatchNorm scales with and adds; 0 for what is pruned."""
    return masks.apply(replica.mask, jax.tree.map(jnp.ones_like, replica.state.params))


def size(replica: Replica) -> Params:
    """|w| of every parameter that is trained; 0 for what is pruned."""
    return masks.apply(replica.mask, jax.tree.map(jnp.abs, replica.state.params))


def decomposed(
    recipe: Recipe,
    replica: Replica,
    scale: Params,
    examples: Batch,
    images: Images,
    *,
    probes: int,
    steps: int,
) -> Tridiagonal:
    """What `tridiagonal` finds from each of `probes` vectors, which are divided over the devices.

    The vectors depend on the key of the replica alone. Products are computed in float32, whatever
    the precision of training: differences of gradients are too small for less.

    Raises:
      WrongUse: matfree is not installed.
    """
    require(
        importlib.util.find_spec(NEEDS) is not None,
        f"the Hessian needs the package {NEEDS}: {install('hessian')}",
    )
    # Of the ways to convolve only XLA's own can be differentiated twice.
    engine = Engine(convolution="native")
    recipe = dataclasses.replace(recipe, precision="float32", engine=engine)
    steps = min(steps, sum(leaf.size for leaf in jax.tree.leaves(scale)))
    numbers = jnp.arange(devices.padded(recipe, probes))
    small = Images(None, images.mean, images.std)  # the examples have their own pixels
    shared = (replica, scale, examples, small)
    found = replicas.over_replicas(tridiagonal, recipe, steps, stacked=(numbers,), shared=shared)
    return jax.tree.map(lambda leaf: np.asarray(leaf, np.float64)[:probes], found)
