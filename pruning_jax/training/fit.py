"""Training one replica: a step, and any number of steps."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from pruning_jax.data.augment import augment
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training import vectors
from pruning_jax.training.devices import over_batch
from pruning_jax.training.examples import Batch, Images, epoch_order, gather, normalise
from pruning_jax.training.network import mean_loss
from pruning_jax.training.replica import Replica
from pruning_jax.training.state import TrainState, update
from pruning_jax.training.streams import Stream, stream
from pruning_jax.types import Params, PRNGKey, Statistics


def step(
    recipe: Recipe, replica: Replica, batch: Batch, key: PRNGKey, images: Images
) -> TrainState:
    """The state after one step on a batch.

    Args:
      replica: its state and mask may be vectors (training/vectors.py).
      key: the key of the epoch, which decides how the batch's images are augmented.
    """
    batch = Batch(*map(over_batch, batch))
    augmented = augment(recipe.augmentations, batch.images, batch.places, key)
    inputs = normalise(augmented, images)

    def loss(params: Params) -> tuple[Float[Array, ""], Statistics]:
        own = replica.state.statistics
        return mean_loss(
            recipe, params, replica.mask, own, inputs, batch.labels, batch.valid, train=True
        )

    # The context is opened here too because gradients are traced after the forward pass.
    with jax.default_matmul_precision(recipe.precision):
        gradient, statistics = jax.grad(loss, has_aux=True)(replica.state.params)
    if isinstance(replica.state.statistics, jax.Array):
        statistics = vectors.vector(statistics)
    return update(recipe, replica.state, gradient, statistics)


def fit(
    recipe: Recipe,
    replica: Replica,
    images: Images,
    start: int | Int[Array, ""],
    stop: int | Int[Array, ""],
) -> TrainState:
    """The state trained from step `start`, where the replica stands, to step `stop`.

    Both may be traced and lie anywhere inside an epoch. So one compilation serves every round,
    and training in parts equals training in one go. Which example comes when depends on the
    replica's key and the step alone.
    """
    start, stop = jnp.asarray(start, jnp.int32), jnp.asarray(stop, jnp.int32)
    length, begun = recipe.steps_per_epoch, vectors.of(recipe, replica)

    def one_epoch(epoch: Int[Array, ""], state: TrainState) -> TrainState:
        order = epoch_order(recipe, replica.key, epoch)
        key = stream(replica.key, Stream.AUGMENTATION, epoch)
        first = epoch * length

        def one_step(i: Int[Array, ""], state: TrainState) -> TrainState:
            now = begun._replace(state=state)
            return step(recipe, now, gather(now, images, order[i]), key, images)

        begin, end = jnp.maximum(start - first, 0), jnp.minimum(stop - first, length)
        return jax.lax.fori_loop(begin, end, one_step, state)

    epochs = start // length, -(-stop // length)
    return vectors.back(recipe, jax.lax.fori_loop(*epochs, one_epoch, begun.state))
