"""One image from its file: decoded, cropped, resized.

It is done as torchvision does it on Pillow's images (Resize, CenterCrop, RandomResizedCrop), which
OpenLTH (Frankle 2020) uses: bilinear, over all pixels that an output pixel covers.
"""

import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64, UInt8
from PIL import Image

Number = int | float
Box = tuple[Number, Number, Number, Number]
"""Left, top, right, bottom, in pixels of the original."""

AREA = (0.1, 1.0)
"""The smallest and the largest part of an image's area in a random crop (OpenLTH)."""

RATIO = (0.8, 1.25)
"""The smallest and the largest width / height of a random crop (OpenLTH)."""

ATTEMPTS = 10
"""How many areas and ratios are drawn before a crop is taken from the middle."""

NUMBERS = 2 * ATTEMPTS + 2
"""How many random numbers a crop takes: an area and a ratio for each attempt, then a position."""

GAP = 2
"""A JPEG may be decoded at a fraction of its size if its crop remains this many times as large as
what is asked for (Pillow's own rule for thumbnails)."""

SHORTER = 256 / 224
"""The shorter side of a resized image, divided by the side of the crop from its middle."""

MODES = {1: "L", 3: "RGB"}
"""Pillow's name of an image with so many channels."""


def uniforms(draws: Sequence[int], place: int, count: int) -> Float64[np.ndarray, " count"]:
    """Random numbers in [0, 1) that depend on `draws` (two of 32 bits) and `place` alone.

    They are the 53 high bits of what Philox gives (Salmon et al. 2011).
    """
    # The counter's first number counts the draws, so that the place is its second one.
    key, counter = np.array(draws, np.uint64), [0, place, 0, 0]
    bits: Any = np.random.Philox(key=key, counter=counter).random_raw(count)
    return (bits >> np.uint64(11)) * 2.0**-53


def random_box(size: tuple[int, int], random: Float64[np.ndarray, " numbers"]) -> Box:
    """A random crop of an image of `size` (width, height), in whole pixels.

    An area is drawn uniformly, a ratio uniformly in its logarithm, until they fit into the image.
    After ATTEMPTS the crop is central, and as large as the ratios allow.

    Args:
      random: NUMBERS numbers in [0, 1).
    """
    width, height = size
    smallest, largest = (math.log(ratio) for ratio in RATIO)
    for u, v in random[:-2].reshape(ATTEMPTS, 2).tolist():
        area = width * height * (AREA[0] + u * (AREA[1] - AREA[0]))
        ratio = math.exp(smallest + v * (largest - smallest))
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            x, y = int(random[-2] * (width - w + 1)), int(random[-1] * (height - h + 1))
            return x, y, x + w, y + h
    w, h = min(width, round(height * RATIO[1])), min(height, round(width / RATIO[0]))
    x, y = (width - w) // 2, (height - h) // 2
    return x, y, x + w, y + h


def central_box(size: tuple[int, int], to: tuple[int, int]) -> Box:
    """The part of an image of `size` (width, height) that its central crop `to` (width, height)
    shows.

    The crop is taken from the middle of the image after its shorter side was resized to SHORTER
    times the side of the crop.

    >>> central_box((512, 256), (224, 224))
    (144.0, 16.0, 368.0, 240.0)
    """
    side = round(max(to) * SHORTER)
    resized = [side if length == min(size) else side * length // min(size) for length in size]
    begins = [round((now - wanted) / 2) for now, wanted in zip(resized, to, strict=True)]
    x, y = (b * old / now for b, old, now in zip(begins, size, resized, strict=True))
    w, h = (t * old / now for t, old, now in zip(to, size, resized, strict=True))
    return x, y, min(x + w, size[0]), min(y + h, size[1])


def pixels(
    file: bytes, shape: tuple[int, ...], random: Float64[np.ndarray, " numbers"] | None
) -> UInt8[np.ndarray, "h w c"]:
    """The image uint8 `shape` (height, width, channels) in the content of a JPEG or PNG file.

    Grey, CMYK and palettes become RGB. Where a JPEG's crop is at least 2 GAP times as large as what
    is asked for, the file is decoded at a half, a quarter or an eighth of its size. This takes half
    the time, and differs on photographs from the whole decode by at most 1.2 of 255 on average.
    Without a GAP it would be up to 4.5.

    Args:
      random: as in `random_box`; None: the central crop.

    Raises:
      OSError, ValueError, SyntaxError: the file is damaged, or is not an image.
    """
    height, width, channels = shape
    with Image.open(io.BytesIO(file), formats=("JPEG", "PNG")) as image:
        size, to = image.size, (width, height)
        box = central_box(size, to) if random is None else random_box(size, random)
        scale = _shrink(image, size, box, to)
        left, top, right, bottom = (value / scale for value in box)
        part: Image.Image = image
        # A random crop is cut out first, because else pixels beyond it would have an influence.
        if random is not None and scale == 1:
            part = image.crop((left, top, right, bottom))
            left, top, right, bottom = 0, 0, *part.size
        if part.mode != MODES[channels]:
            part = part.convert(MODES[channels])
        part = part.resize(to, Image.Resampling.BILINEAR, (left, top, right, bottom))
    return np.asarray(part).reshape(shape)


def _shrink(image: Image.Image, size: tuple[int, int], box: Box, to: tuple[int, int]) -> int:
    """Makes a JPEG decode at a fraction of its size, if its crop remains GAP times as large as what
    is asked for; returns one over the fraction."""
    times = min((box[2] - box[0]) // to[0], (box[3] - box[1]) // to[1])
    scale = max(scale for scale in (1, 2, 4, 8) if scale == 1 or GAP * scale <= times)
    if scale == 1 or image.format != "JPEG":
        return 1
    image.draft(None, (size[0] // scale, size[1] // scale))
    return round(size[0] / image.size[0])
