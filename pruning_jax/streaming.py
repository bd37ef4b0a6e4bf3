"""A replica whose images are read as they are needed, because no device could hold them all.

What comes when is decided by the same functions as for images on the device, so that training
goes on from any step, in the middle of an epoch too, to the same bits.
"""

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from pruning_jax import augmentations, devices, feed, programs, replicas, train
from pruning_jax.config import Recipe
from pruning_jax.devices import BATCH, REPLICA
from pruning_jax.state import TrainState
from pruning_jax.streams import Stream, stream
from pruning_jax.train import Batch, Examples, Outcome


class Reader:
    """Reads images; remembers which training images come next, so that training in parts does not
    begin to read anew with every part.

    Without images it gives black ones: to measure how fast all the rest is.
    """

    def __init__(self, images: Any) -> None:
        self.images = images  # data.Encoded, or None
        self._next, self._key, self._batches = -1, None, iter(())

    def training(self, recipe: Recipe, used: Any, keys: Any, step: int) -> tuple[Batch, Any]:
        """The batch of one step without its labels, and the key of its epoch."""
        epoch, i = divmod(step, recipe.steps_per_epoch)
        if step != self._next or i == 0:
            self._key = stream(keys[0], Stream.AUGMENTATION, epoch)
            order = np.asarray(train.epoch_order(recipe, keys[0], epoch))[i:]
            places = np.where(order < 0, -1, np.asarray(used)[0][order])
            self._batches = zip(places, self._read(recipe, places, self._key), strict=True)
        places, images = next(self._batches)
        self._next = step + 1
        counts = places >= 0
        return Batch(images, None, np.where(counts, places, places[0]), counts), self._key

    def _read(self, recipe: Recipe, places: np.ndarray, key: Any) -> Iterator[np.ndarray]:
        if self.images is None:
            return iter(
                [np.zeros((recipe.batch_size, *recipe.image_shape), np.uint8)] * len(places)
            )
        return feed.training(
            self.images,
            places,
            np.asarray(jax.random.key_data(key)),
            recipe.image_shape,
            resized_crop=augmentations.RESIZED_CROP in recipe.augmentations,
            workers=devices.workers(recipe),
        )

    def evaluation(self, recipe: Recipe, places: np.ndarray) -> Iterator[np.ndarray]:
        """Images as they are evaluated, in batches; `places`, int [batches, batch], -1: none."""
        if self.images is None:
            return iter([np.zeros((places.shape[1], *recipe.image_shape), np.uint8)] * len(places))
        workers = devices.workers(recipe)
        return feed.evaluation(self.images, places, recipe.image_shape, workers=workers)


def _laid_out(recipe: Recipe, tree: Any) -> Any:
    """The batch of the only replica, divided over the devices that share it."""
    spec = PartitionSpec(REPLICA, BATCH)
    one = jax.tree.map(lambda a: np.asarray(a)[None], tree)
    return jax.device_put(one, NamedSharding(devices.mesh(recipe, 1), spec))


def fit(
    recipe: Recipe, reader: Reader, own: tuple, shared: Examples, start: int, stop: int
) -> TrainState:
    """The state trained from step `start`, where it stands, to step `stop`."""
    train_state, mask, labels, used, keys = own
    labels = np.asarray(labels)[0]
    for step in range(start, stop):
        batch, key = reader.training(recipe, used, keys, step)
        batch = _laid_out(recipe, batch._replace(labels=labels[batch.places]))
        stacked = (train_state, mask, batch, replicas.stack(recipe, key[None], 1))
        train_state = replicas.over_replicas(
            programs.step, recipe, stacked=(stacked,), shared=(shared,)
        )
    return train_state


def evaluate(
    recipe: Recipe, reader: Reader, own: tuple, shared: Examples, count: int | None = None
) -> Outcome:
    """The outcome of every example, or of the first `count`."""
    train_state, mask, labels, keys = own
    labels = np.asarray(labels)[0]
    n = count or len(labels)
    places = np.full((-(-n // recipe.batch_size), recipe.batch_size), -1)
    places.flat[:n] = np.arange(n)
    parts = []
    for batch, images in zip(places, reader.evaluation(recipe, places), strict=True):
        seen = _laid_out(recipe, (images, labels[np.maximum(batch, 0)]))
        stacked = (train_state, mask, *seen)
        parts.append(
            replicas.over_replicas(programs.outcome, recipe, stacked=(stacked,), shared=(shared,))
        )
    distance = replicas.over_replicas(
        programs.distance, recipe, stacked=((train_state, mask, keys),)
    )
    whole = jax.tree.map(lambda *a: np.concatenate(a, 1)[:, :n], *jax.device_get(parts))
    return whole._replace(distance=distance)


def scoring(
    recipe: Recipe, reader: Reader, own: tuple, shared: Examples, size: int
) -> tuple[Any, Any, Examples]:
    """Labels, places and examples of the first `size` training examples alone, on the device."""
    labels, used = (np.asarray(a)[0] for a in own)
    first = used[:size]
    (images,) = reader.evaluation(recipe, first[None])
    alone = labels[first][None], np.arange(size, dtype=np.int32)[None]
    given = replicas.share(recipe, shared._replace(images=images), 1)
    return *replicas.stack(recipe, alone, 1), given
