"""Batches of images that stay in their files: other processes decode them when they are needed.

What a batch holds depends on the arguments alone. It depends neither on the number of processes nor
on the step of an epoch with which one begins.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import SupportsIndex

import numpy as np
from jaxtyping import Int, UInt8, UInt32

from pruning_jax.data.reading import pixels, processes
from pruning_jax.data.reading.encoded import Encoded

CHUNK = 32
"""How many images of a batch a process decodes at once. A chunk is smaller than a batch so that
several processes work on the first batch, and so that little shared memory is needed."""

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
      order: places in `images`. -1 is padding, for which the image of the batch's first place is
        given.
      draws: what a random crop depends on, besides the place of the image: the data of the JAX key
        of a seed and an epoch.
      resized_crop: whether to crop at random (`pixels.random_box`) or from the middle.
      workers: the number of processes that decode; 0: this process does.

    Raises:
      WrongUse: an image cannot be read, or Grain is missing.
    """
    crop = (int(draws[0]), int(draws[1])) if resized_crop else None
    return _batches(_Chunks(images, order, shape, crop, CHUNK), workers)


def evaluation(
    images: Encoded, places: Int[np.ndarray, "batches batch"], shape: Shape, *, workers: int
) -> Iterator[np.ndarray]:
    """The batches uint8 [batch, height, width, channels] of the images at `places`, cropped from
    the middle.

    Args:
      places: as `order` in `training`, with -1 for padding.
      workers: as in `training`.

    Raises:
      WrongUse: an image cannot be read, or Grain is missing.
    """
    return _batches(_Chunks(images, places, shape, None, CHUNK), workers)


@dataclass(frozen=True, eq=False)
class _Chunks:
    """Work for processes: an item is a chunk of a batch, uint8 [chunk, height, width, channels]."""

    images: Encoded
    order: np.ndarray  # int [steps, batch]
    shape: Shape
    draws: tuple[int, int] | None  # None: crops are from the middle
    chunk: int

    @property
    def parts(self) -> int:
        """How many chunks make a batch."""
        return -(-self.order.shape[1] // self.chunk)

    def __len__(self) -> int:
        return len(self.order) * self.parts

    def __getitem__(self, index: SupportsIndex) -> UInt8[np.ndarray, "chunk h w c"]:
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

    def _image(self, place: int) -> UInt8[np.ndarray, "h w c"]:
        """The image at a place, decoded, cropped and resized."""
        random = None
        if self.draws is not None:
            random = pixels.uniforms(self.draws, place, pixels.NUMBERS)
        file = self.images.read(place)
        try:
            return pixels.pixels(file, self.shape, random)
        except Exception as error:  # Pillow raises errors of any kind for a damaged file
            raise self.images.wrong(place, "decoded", error) from error


def _batches(work: _Chunks, workers: int) -> Iterator[np.ndarray]:
    """The batches that the chunks make."""
    with closing(processes.in_order(work, workers)) as chunks:
        for row in work.order:
            batch = np.empty((len(row), *work.shape), np.uint8)
            for part in range(work.parts):
                batch[part * work.chunk : (part + 1) * work.chunk] = next(chunks)
            yield batch
