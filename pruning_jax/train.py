"""Training and evaluating one replica: loss, step, fit, evaluate."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int, UInt8

from pruning_jax import augmentations, devices, masks, models, state
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


class Batch(NamedTuple):
    """Examples of one step."""

    images: Any  # uint8 [b, height, width, channels]
    labels: Any  # int32 [b]
    places: Any  # int32 [b]: in the data set
    counts: Any  # bool [b]: those that do not only fill up the batch


class Outcome(NamedTuple):
    """Of every example its loss (nats), the predicted class, and EL2N; and the distance of the
    surviving weights from their initialisation (l2 norm), where it was asked for."""

    loss: Any  # float32 [n]
    prediction: Any  # int32 [n]
    el2n: Any  # float32 [n]
    distance: Any = None  # float32 []


PRECISIONS = ("float32", "tensorfloat32", "bfloat16")
"""Of products of matrices and convolutions, on devices that have a choice. With the second,
inputs of a product are rounded to 10 bits, as PyTorch does for convolutions unless told
otherwise; with the third, activations are bfloat16. Parameters and moments are always float32."""


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
    if recipe.precision == "bfloat16":
        images = images.astype(jnp.bfloat16)
    with jax.default_matmul_precision(recipe.precision):
        out, changed = models.build(recipe).apply(
            variables, images, train=train, counts=counts, mutable=mutable
        )
    out = out.astype(jnp.promote_types(out.dtype, jnp.float32))
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


def gather(examples: Examples, order: Int[Array, " b"]) -> Batch:
    """The examples of a step by their places in `Examples.used`, -1 for none."""
    order = devices.over_batch(order)
    counts = order >= 0
    places = examples.used[jnp.where(counts, order, order[0])]  # what fills up is trained on, too
    return Batch(examples.images[places], examples.labels[places], places, counts)


def step(
    recipe: Recipe,
    train_state: TrainState,
    mask: Mask,
    examples: Examples,
    batch: Batch,
    key: PRNGKey,
) -> TrainState:
    """The state after one step on a batch of the examples; `key`, of the epoch, decides how
    its images are changed."""
    batch = Batch(*map(devices.over_batch, batch))
    kinds = tuple(name for name in recipe.augmentations if name in augmentations.KINDS)
    changed = augmentations.augment(kinds, batch.images, batch.places, key)
    images = normalise(changed, examples)

    def loss(params: Params) -> tuple[Float[Array, ""], Any]:
        own = train_state.statistics
        return _mean_loss(recipe, params, mask, own, images, batch.labels, batch.counts, train=True)

    with jax.default_matmul_precision(recipe.precision):  # of gradients, too
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
            lambda i, s: step(recipe, s, mask, examples, gather(examples, order[i]), changes),
            train_state,
        )

    return jax.lax.fori_loop(start // length, -(-stop // length), epoch, train_state)


EVALUATION_BATCH = 1024
"""Examples evaluated at once; bounds memory."""


def outcome(
    recipe: Recipe,
    train_state: TrainState,
    mask: Mask,
    examples: Examples,
    images: UInt8[Array, "n h w c"],
    labels: Int[Array, " n"],
) -> Outcome:
    """Loss, prediction and EL2N of some of the examples, BatchNorm in evaluation mode.

    EL2N is || softmax(f(x)) - onehot(y) ||_2 for the given label y
    (Paul, Ganguli, Dziugaite 2021, arXiv 2107.07075).
    """
    images, labels = map(devices.over_batch, (images, labels))
    given = normalise(images, examples)
    out, _ = logits(recipe, train_state.params, mask, train_state.statistics, given)
    error = jax.nn.softmax(out) - jax.nn.one_hot(labels, recipe.num_classes)
    loss = optax.softmax_cross_entropy_with_integer_labels(out, labels)
    return Outcome(loss, jnp.argmax(out, -1), jnp.linalg.norm(error, axis=-1))


def evaluate(recipe: Recipe, train_state: TrainState, mask: Mask, examples: Examples) -> Outcome:
    """The outcome of every example."""
    n, share = examples.labels.shape[0], recipe.engine.batch_devices
    batches = -(-n // EVALUATION_BATCH)
    size = -(-n // (batches * share)) * share  # which the devices divide
    index = jnp.minimum(jnp.arange(batches * size), n - 1).reshape(batches, size)

    def one(batch: Int[Array, " b"]) -> Outcome:
        images, labels = examples.images[batch], examples.labels[batch]
        return outcome(recipe, train_state, mask, examples, images, labels)

    return jax.tree.map(lambda a: a.reshape(-1)[:n], jax.lax.map(one, index))
