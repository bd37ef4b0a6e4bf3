"""Batches of images that stay in their files, decoded in other processes when they are needed.

What a batch holds depends on the arguments alone: not on the number of processes, nor on where
in an epoch one begins.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int, UInt32

from pruning_jax import pixels
from pruning_jax.data import Encoded, _workers

CHUNK = 32
"""Images that a process decodes at once: parts of a batch, so that the first batch does not wait
for a single process, and little shared memory is needed."""

Shape = tuple[int, ...]
"""Height, width, channels."""


def training(
    images: Encoded,
    order: Int[np.ndarray, "steps batch"],
    draws: UInt32[np.ndarray, " 2"],
    shape: Shape,
    *,
    resized_crop: bool,
    workers: int,
) -> Iterator[np.ndarray]:
    """The batches uint8 [batch, height, width, channels] of an epoch, or of some of its steps.

    Args:
      order: places in `images`; -1: none, filled with the image of the batch's first place.
      draws: with an image's place, all that a random crop depends on: the data of a JAX key of a
        seed and an epoch.
      resized_crop: crop at random (`pixels.random_box`), else from the middle.
      workers: processes that decode; 0: this one does.

    Raises:
      WrongUse: an image cannot be read, or Grain is missing.
    """
    crop = (int(draws[0]), int(draws[1])) if resized_crop else None
    return _batches(_Chunks(images, order, shape, crop, CHUNK), workers)


def evaluation(
    images: Encoded, places: Int[np.ndarray, "batches batch"], shape: Shape, *, workers: int
) -> Iterator[np.ndarray]:
    """The batches uint8 [batch, height, width, channels] of the images at `places` (-1: none, as
    in `training`), cropped from the middle.

    Raises:
      WrongUse: an image cannot be read, or Grain is missing.
    """
    return _batches(_Chunks(images, places, shape, None, CHUNK), workers)


@dataclass(frozen=True, eq=False)
class _Chunks:
    """Work for processes: the batches in parts of `chunk` images."""

    images: Encoded
    order: np.ndarray  # int [steps, batch]
    shape: Shape
    draws: tuple[int, int] | None  # None: crops from the middle
    chunk: int

    @property
    def parts(self) -> int:
        """Of a batch."""
        return -(-self.order.shape[1] // self.chunk)

    def __len__(self) -> int:
        return len(self.order) * self.parts

    def __getitem__(self, index: Any) -> np.ndarray:
        step, part = divmod(int(index), self.parts)
        row = self.order[step]
        places = row[part * self.chunk : (part + 1) * self.chunk]
        images = np.empty((len(places), *self.shape), np.uint8)
        for number, place in enumerate(places.tolist()):
            if place >= 0:
                images[number] = self._image(place)
        if (places < 0).any():
            images[places < 0] = self._image(int(row[0]))
        return images

    def _image(self, place: int) -> np.ndarray:
        random = None
        if self.draws is not None:
            random = pixels.uniforms(self.draws, place, 2 * pixels.ATTEMPTS + 2)
        file = self.images.read(place)
        try:
            return pixels.pixels(file, self.shape, random)
        except Exception as error:  # Pillow raises what it likes
            raise self.images.wrong(place, "decoded", error) from error


def _batches(work: _Chunks, workers: int) -> Iterator[np.ndarray]:
    with closing(_workers.in_order(work, workers)) as chunks:
        for row in work.order:
            batch = np.empty((len(row), *work.shape), np.uint8)
            for part in range(work.parts):
                batch[part * work.chunk : (part + 1) * work.chunk] = next(chunks)
            yield batch
