"""Linear mode connectivity: losses and errors along the straight line between two networks.

Frankle, Dziugaite, Roy, Carbin 2020, arXiv 1912.05671.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from pruning_jax.errors import require
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.exploring.batches import batches
from pruning_jax.exploring.bench import Bench
from pruning_jax.training import devices, replicas
from pruning_jax.training.evaluation import EVALUATION_BATCH
from pruning_jax.training.examples import Batch, Images, normalise
from pruning_jax.training.network import logits
from pruning_jax.training.replica import Replica
from pruning_jax.types import Params, Statistics


class Measures(NamedTuple):
    """What is measured at each point of a line."""

    train_loss: Float[Array, " points"] | np.ndarray  # nats
    train_error: Float[Array, " points"] | np.ndarray  # fraction
    test_error: Float[Array, " points"] | np.ndarray  # fraction


class Barrier(NamedTuple):
    """How far a measure rises on the way above the straight line between its ends."""

    first: float  # the measure of the first network
    second: float
    height: float
    place: float  # where it is highest: 0 at the first network, 1 at the second


def barrier(places: Float[np.ndarray, " points"], values: Float[np.ndarray, " points"]) -> Barrier:
    """The barrier of a measure along a line: max over p of values(p) - line(p).

    It is at least 0, which it is at both ends.

    >>> barrier(np.array([0.0, 0.5, 1.0]), np.array([0.1, 0.9, 0.3]))
    Barrier(first=0.1, second=0.3, height=0.7, place=0.5)
    """
    first, second = values[[0, -1]]
    above = values - ((1 - places) * first + places * second)
    above[[0, -1]] = 0  # not what rounding leaves there
    highest = int(np.argmax(above))
    return Barrier(float(first), float(second), float(above[highest]), float(places[highest]))


def statistics(recipe: Recipe, replica: Replica, examples: Batch, images: Images) -> Statistics:
    """BatchNorm's moments for a network: the means over batches of those that each batch has.

    Those that are saved belong to other weights than these, and a mixture of them to none.
    """
    if not replica.state.statistics:
        return replica.state.statistics
    zero = jax.tree.map(jnp.zeros_like, replica.state.statistics)

    def one(sum_: Statistics, batch: Batch) -> tuple[Statistics, None]:
        inputs = normalise(batch.images, images)

        def changed(old: Statistics) -> Statistics:
            return logits(
                recipe, replica.state.params, replica.mask, old, inputs, batch.valid, train=True
            )[1]

        # A layer makes of old moments `kept * old + (1 - kept) * new`. Which part it keeps is its
        # own affair: the derivative tells.
        moved, kept = jax.jvp(changed, (zero,), (jax.tree.map(jnp.ones_like, zero),))
        share = jnp.sum(batch.valid) / total
        new = jax.tree.map(lambda m, k: share * m / (1 - k), moved, kept)
        return jax.tree.map(jnp.add, sum_, new), None

    total = jnp.sum(examples.valid)
    return jax.lax.scan(one, zero, examples)[0]


def measured(
    recipe: Recipe, replica: Replica, examples: Batch, images: Images
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """The mean cross-entropy (nats) of a network over examples, and its error (fraction)."""

    def one(batch: Batch) -> tuple[Array, Array]:
        own, inputs = replica.state, normalise(batch.images, images)
        out, _ = logits(recipe, own.params, replica.mask, own.statistics, inputs)
        losses = optax.softmax_cross_entropy_with_integer_labels(out, batch.labels)
        wrong = jnp.argmax(out, -1) != batch.labels
        return jnp.sum(jnp.where(batch.valid, losses, 0)), jnp.sum(batch.valid & wrong)

    loss, wrong = jax.tree.map(jnp.sum, jax.lax.map(one, examples))
    count = jnp.sum(examples.valid)
    return loss / count, wrong / count


def at(
    recipe: Recipe,
    place: Float[Array, ""],
    ends: tuple[Replica, Replica],
    passed: Batch,
    trained: Batch,
    tested: Batch,
    images: Images,
) -> Measures:
    """The measures of the network at a place of the line between two.

    Args:
      place: 0 at the first network, 1 at the second.
      passed: the examples by which BatchNorm's moments are made anew.
      trained: those of the training loss and error.
      tested: those of the test error.
    """
    first, second = ends

    def between(one: Array, other: Array) -> Array:
        return (1 - place) * one + place * other

    # What one of the networks has pruned is 0 there, so that both masks together are the mask.
    mask = jax.tree.map(jnp.logical_or, first.mask, second.mask)
    params: Params = jax.tree.map(between, first.state.params, second.state.params)
    now = first._replace(state=first.state._replace(params=params), mask=mask)
    made = statistics(recipe, now, passed, images)
    now = now._replace(state=now.state._replace(statistics=made))
    train_loss, train_error = measured(recipe, now, trained, images)
    return Measures(train_loss, train_error, measured(recipe, now, tested, images)[1])


def barriers(
    bench: Bench, recipe: Recipe, ends: tuple[Replica, Replica], *, points: int, examples: int
) -> dict[str, Barrier]:
    """The barriers between two networks, by the names of `Measures`.

    Training loss and error are means over what both networks are trained on, with the labels that
    each of them is given.

    Args:
      bench: that has both networks.
      recipe: of both networks.
      ends: the networks.
      points: at how many points the line is looked at, both ends among them.
      examples: the most training examples of each network that are looked at.

    Raises:
      WrongUse: there are less than three points.
    """
    require(points >= 3, f"setting points: {points} is below 3, so that no point is in between")
    places = np.linspace(0, 1, points, dtype=np.float32)
    given = [_given(end, examples) for end in ends]
    alike = all(np.array_equal(*arrays) for arrays in zip(*given, strict=True))
    both = given[0] if alike else [np.concatenate(arrays) for arrays in zip(*given, strict=True)]
    images, test = bench.images, np.arange(len(bench.division.labels))[bench.division.test]
    shared = (
        ends,
        batches(images, given[0][0], given[0][1], recipe.batch_size),
        batches(images, both[0], both[1], EVALUATION_BATCH),
        batches(images, test, bench.division.labels[test], EVALUATION_BATCH),
        Images(None, images.mean, images.std),
    )
    filled = np.resize(places, devices.padded(recipe, points))
    found = replicas.over_replicas(at, recipe, stacked=(jnp.asarray(filled),), shared=shared)
    values = {n: np.asarray(v, float)[:points] for n, v in found._asdict().items()}
    return {name: barrier(places.astype(float), own) for name, own in values.items()}


def _given(replica: Replica, examples: int) -> tuple[np.ndarray, np.ndarray]:
    """The places of a network's training examples, and their labels."""
    places = np.asarray(replica.used)[:examples]
    return places, np.asarray(replica.labels)[places]
