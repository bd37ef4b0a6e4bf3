"""Training and evaluating one replica: loss, step, fit, evaluate."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int, UInt8

from pruning_jax import augmentations, masks, models, state
from pruning_jax.config import Recipe
from pruning_jax.state import TrainState
from pruning_jax.streams import Stream, stream
from pruning_jax.types import Mask, Params, PRNGKey


class Examples(NamedTuple):
    """All examples of a data set, and which of them to train on."""

    images: Any  # uint8 [n, height, width, channels]
    labels: Any  # int32 [n], as given: possibly noisy
    used: Any  # int32 [recipe.train_size]: those to train on, by their place
    mean: Any  # float32 [channels], in units of a pixel
    std: Any  # float32 [channels]


class Outcome(NamedTuple):
    """Of every example its loss (nats), the predicted class, and EL2N; and the distance of the
    surviving weights from their initialisation (l2 norm), where it was asked for."""

    loss: Any  # float32 [n]
    prediction: Any  # int32 [n]
    el2n: Any  # float32 [n]
    distance: Any = None  # float32 []


def normalise(images: UInt8[Array, "n h w c"], examples: Examples) -> Float[Array, "n h w c"]:
    """Images with mean 0 and standard deviation 1 per channel."""
    mean, std = (jnp.reshape(a, (1, 1, 1, -1)) for a in (examples.mean, examples.std))
    return (images.astype(jnp.float32) - mean) / std


def logits(
    recipe: Recipe,
    params: Params,
    mask: Mask,
    statistics: Any,
    images: Float[Array, "n h w c"],
    counts: Bool[Array, " n"] | None = None,
    *,
    train: bool = False,
) -> tuple[Float[Array, "n k"], Any]:
    """The masked network's logits, and BatchNorm's statistics (new ones when training, of the
    images that count).

    The mask acts in the forward pass: gradients, momentum and decay of pruned weights
    are exactly 0 without any masking after a step.
    """
    variables = {"params": masks.apply(mask, params)}
    if statistics:
        variables["batch_stats"] = statistics
    mutable = ["batch_stats"] if train and statistics else []
    network = models.build(recipe)
    out, changed = network.apply(variables, images, train=train, counts=counts, mutable=mutable)
    return out, changed.get("batch_stats", statistics)


def _mean_loss(
    recipe: Recipe,
    params: Params,
    mask: Mask,
    statistics: Any,
    images: Float[Array, "n h w c"],
    labels: Int[Array, " n"],
    counts: Bool[Array, " n"],
    *,
    train: bool,
) -> tuple[Float[Array, ""], Any]:
    """Mean cross-entropy (nats) over the examples that count, and BatchNorm's statistics."""
    full = recipe.train_size % recipe.batch_size == 0 or not train  # all count
    seen = None if full else counts
    out, statistics = logits(recipe, params, mask, statistics, images, seen, train=train)
    losses = optax.softmax_cross_entropy_with_integer_labels(out, labels)
    return jnp.sum(jnp.where(counts, losses, 0)) / jnp.sum(counts), statistics


def gradient(
    recipe: Recipe, params: Params, mask: Mask, statistics: Any, examples: Examples, size: int
) -> Params:
    """The gradient of the mean loss over the first `size` training examples, in evaluation mode."""
    batch = examples.used[:size]
    images = normalise(examples.images[batch], examples)

    def loss(params: Params) -> Float[Array, ""]:
        labels, counts = examples.labels[batch], jnp.ones(size, bool)
        return _mean_loss(recipe, params, mask, statistics, images, labels, counts, train=False)[0]

    return jax.grad(loss)(params)


def epoch_order(
    recipe: Recipe, key: PRNGKey, epoch: int | Int[Array, ""]
) -> Int[Array, "steps batch"]:
    """The examples of each step of one epoch, as places in `Examples.used`; -1 fills up the
    last, partial batch."""
    order = jax.random.permutation(stream(key, Stream.DATA_ORDER, epoch), recipe.train_size)
    missing = recipe.steps_per_epoch * recipe.batch_size - recipe.train_size
    return jnp.pad(order, (0, missing), constant_values=-1).reshape(-1, recipe.batch_size)


def step(
    recipe: Recipe,
    train_state: TrainState,
    mask: Mask,
    examples: Examples,
    batch: Int[Array, " batch"],
    key: PRNGKey,
) -> TrainState:
    """The state after one step on the examples at the places `batch` (-1: none); `key`, of the
    epoch, decides how their images are changed."""
    counts = batch >= 0
    # What fills up is of the training set, too.
    batch = examples.used[jnp.where(counts, batch, batch[0])]
    changed = augmentations.augment(recipe.augmentations, examples.images[batch], batch, key)
    images, labels = normalise(changed, examples), examples.labels[batch]

    def loss(params: Params) -> tuple[Float[Array, ""], Any]:
        return _mean_loss(
            recipe, params, mask, train_state.statistics, images, labels, counts, train=True
        )

    grads, statistics = jax.grad(loss, has_aux=True)(train_state.params)
    return state.update(recipe, train_state, grads, statistics)


def fit(
    recipe: Recipe,
    train_state: TrainState,
    mask: Mask,
    examples: Examples,
    key: PRNGKey,
    *,
    start: int | Int[Array, ""],
    stop: int | Int[Array, ""],
) -> TrainState:
    """The state trained from step `start`, where it stands, to step `stop`.

    Both may be traced and lie anywhere inside an epoch: one compilation serves every
    round, and training in parts equals training in one go. Which example comes when
    depends on the replica's root `key` and the step alone.
    """
    start, stop = jnp.asarray(start, jnp.int32), jnp.asarray(stop, jnp.int32)
    length = recipe.steps_per_epoch

    def epoch(number: Int[Array, ""], train_state: TrainState) -> TrainState:
        order = epoch_order(recipe, key, number)
        changes = stream(key, Stream.AUGMENTATION, number)
        first = number * length
        return jax.lax.fori_loop(
            jnp.maximum(start - first, 0),
            jnp.minimum(stop - first, length),
            lambda i, s: step(recipe, s, mask, examples, order[i], changes),
            train_state,
        )

    return jax.lax.fori_loop(start // length, -(-stop // length), epoch, train_state)


EVALUATION_BATCH = 1024
"""Examples evaluated at once; bounds memory."""


def evaluate(recipe: Recipe, train_state: TrainState, mask: Mask, examples: Examples) -> Outcome:
    """Loss, prediction and EL2N of every example, BatchNorm in evaluation mode.

    EL2N is || softmax(f(x)) - onehot(y) ||_2 for the given label y
    (Paul, Ganguli, Dziugaite 2021, arXiv 2107.07075).
    """
    n = examples.labels.shape[0]
    batches = -(-n // EVALUATION_BATCH)
    index = jnp.minimum(jnp.arange(batches * -(-n // batches)), n - 1).reshape(batches, -1)

    def one(batch: Int[Array, " batch"]) -> Outcome:
        images, labels = normalise(examples.images[batch], examples), examples.labels[batch]
        out, _ = logits(recipe, train_state.params, mask, train_state.statistics, images)
        error = jax.nn.softmax(out) - jax.nn.one_hot(labels, recipe.num_classes)
        loss = optax.softmax_cross_entropy_with_integer_labels(out, labels)
        return Outcome(loss, jnp.argmax(out, -1), jnp.linalg.norm(error, axis=-1))

    return jax.tree.map(lambda a: a.reshape(-1)[:n], jax.lax.map(one, index))
