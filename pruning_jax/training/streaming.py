"""A replica whose images are read as training needs them, because no device could hold them all.

Which example comes when is decided by the same functions as for images on the device. So training
goes on from any step to the same bits, in the middle of an epoch too. There is one replica; its
arrays have the replica axis of length 1 that the compiled functions expect.
"""

from collections.abc import Iterator
from typing import NamedTuple

import jax
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import Array, Bool, Int, Key, PyTree, UInt8

from pruning_jax.data.augment import RESIZED_CROP
from pruning_jax.data.reading import feed
from pruning_jax.data.reading.encoded import Encoded
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training import devices, evaluation, processes, replicas
from pruning_jax.training import fit as training
from pruning_jax.training.devices import BATCH, REPLICA
from pruning_jax.training.evaluation import Outcome
from pruning_jax.training.examples import Batch, Images, epoch_order
from pruning_jax.training.replica import Replica
from pruning_jax.training.state import TrainState
from pruning_jax.training.streams import Stream, stream

Pixels = UInt8[np.ndarray, "b h w c"]


class Read(NamedTuple):
    """The fields of a `Batch` in the memory of the machine."""

    pixels: Pixels
    labels: Int[np.ndarray, " b"]
    places: Int[np.ndarray, " b"]
    valid: Bool[np.ndarray, " b"]


class Next(NamedTuple):
    """What a reader will give at the step after the last one that it was asked for."""

    step: int
    key: Key[Array, ""]  # of the epoch, for augmentations
    batches: Iterator[tuple[np.ndarray, Pixels]]  # places and images


class Reader:
    """Reads images; it remembers which training images come next, so that training in parts does
    not begin to read anew with every part.

    Without images it gives black ones, which is enough to measure how fast all the rest is.
    """

    def __init__(self, images: Encoded | None) -> None:
        self.images = images
        self._next: Next | None = None

    def training(self, recipe: Recipe, replica: Replica, step: int) -> tuple[Read, Key[Array, ""]]:
        """The batch of one step, in the memory of the machine, and the key of its epoch."""
        epoch, i = divmod(step, recipe.steps_per_epoch)
        if self._next is None or step != self._next.step or i == 0:
            key = stream(replica.key.reshape(()), Stream.AUGMENTATION, epoch)
            order = np.asarray(epoch_order(recipe, replica.key.reshape(()), epoch))[i:]
            places = np.where(order < 0, -1, np.asarray(replica.used)[0][order])
            batches = zip(places, self._read(recipe, places, key), strict=True)
            self._next = Next(step, key, batches)
        places, pixels = next(self._next.batches)
        key = self._next.key
        self._next = self._next._replace(step=step + 1)
        valid = places >= 0
        places = np.where(valid, places, places[0])
        labels = np.asarray(replica.labels)[0][places]
        return Read(pixels, labels, places, valid), key

    def _read(
        self, recipe: Recipe, places: Int[np.ndarray, "batches b"], key: Key[Array, ""]
    ) -> Iterator[Pixels]:
        if self.images is None:
            black = np.zeros((recipe.batch_size, *recipe.image_shape), np.uint8)
            return iter([black] * len(places))
        return feed.training(
            self.images,
            places,
            np.asarray(jax.random.key_data(key)),
            recipe.image_shape,
            resized_crop=RESIZED_CROP in recipe.augmentations,
            workers=recipe.engine.workers,
        )

    def evaluation(self, recipe: Recipe, places: Int[np.ndarray, "batches b"]) -> Iterator[Pixels]:
        """Images as they are evaluated, in batches; the place -1 is padding."""
        if self.images is None:
            black = np.zeros((places.shape[1], *recipe.image_shape), np.uint8)
            return iter([black] * len(places))
        workers = recipe.engine.workers
        return feed.evaluation(self.images, places, recipe.image_shape, workers=workers)


def _laid_out(recipe: Recipe, batch: tuple[np.ndarray, ...]) -> PyTree:
    """The batch of the only replica, divided over the devices that share it."""
    spec = PartitionSpec(REPLICA, BATCH)
    one = jax.tree.map(lambda a: np.asarray(a)[None], batch)
    return processes.put(one, NamedSharding(devices.mesh(recipe, 1), spec))


def fit(
    recipe: Recipe, reader: Reader, replica: Replica, images: Images, start: int, stop: int
) -> TrainState:
    """The state trained from step `start`, where the replica stands, to step `stop`."""
    for step in range(start, stop):
        read, key = reader.training(recipe, replica, step)
        batch, keys = Batch(*_laid_out(recipe, read)), replicas.stack(recipe, key[None], 1)
        state = replicas.over_replicas(
            training.step,
            recipe,
            stacked=(replica, batch, keys),
            shared=(images,),
        )
        replica = replica._replace(state=state)
    return replica.state


def evaluate(
    recipe: Recipe, reader: Reader, replica: Replica, images: Images, count: int | None = None
) -> Outcome:
    """The outcome of every example, or of the first `count`."""
    labels = np.asarray(replica.labels)[0]
    n = count or len(labels)
    places = np.full((-(-n // recipe.batch_size), recipe.batch_size), -1)
    places.flat[:n] = np.arange(n)
    parts = []
    for batch, pixels in zip(places, reader.evaluation(recipe, places), strict=True):
        seen = _laid_out(recipe, (pixels, labels[np.maximum(batch, 0)]))
        parts.append(
            replicas.over_replicas(
                evaluation.outcome, recipe, stacked=(replica, *seen), shared=(images,)
            )
        )
    distance = replicas.over_replicas(evaluation.distance, recipe, stacked=(replica,))
    whole = jax.tree.map(lambda *a: np.concatenate(a, 1)[:, :n], *processes.whole(parts))
    return whole._replace(distance=processes.whole(distance))


def scoring(
    recipe: Recipe, reader: Reader, replica: Replica, images: Images, size: int
) -> tuple[Replica, Images]:
    """The replica with its first `size` training examples alone, and their images on the device."""
    labels, used = (np.asarray(a)[0] for a in (replica.labels, replica.used))
    first = used[:size]
    (pixels,) = reader.evaluation(recipe, first[None])
    alone = labels[first][None], np.arange(size, dtype=np.int32)[None]
    labels, used = replicas.stack(recipe, alone, 1)
    read = replicas.share(recipe, images._replace(pixels=pixels), 1)
    return replica._replace(labels=labels, used=used), read
