"""One image: against a reference of plain loops and Pillow's own resizing of the whole."""

import io
import math

import image_files
import numpy as np
import pytest
from PIL import Image

from pruning_jax.data.reading import pixels

DRAWS = (3, 0xFFFFFFFF)
SHAPE = (32, 32, 3)
COUNT = 2 * pixels.ATTEMPTS + 2


def opened(file):
    return Image.open(io.BytesIO(file))


def reference_box(width, height, random):
    """torchvision's RandomResizedCrop.get_params, with scale (0.1, 1) and ratio (0.8, 1.25)."""
    for attempt in range(10):
        area = width * height * (0.1 + 0.9 * random[2 * attempt])
        log_ratio = math.log(0.8) + random[2 * attempt + 1] * (math.log(1.25) - math.log(0.8))
        w = round(math.sqrt(area * math.exp(log_ratio)))
        h = round(math.sqrt(area / math.exp(log_ratio)))
        if 0 < w <= width and 0 < h <= height:
            left = math.floor(random[20] * (width - w + 1))
            top = math.floor(random[21] * (height - h + 1))
            return left, top, left + w, top + h
    w, h = width, height
    if width / height < 0.8:
        h = round(width / 0.8)
    elif width / height > 1.25:
        w = round(height * 1.25)
    left, top = (width - w) // 2, (height - h) // 2
    return left, top, left + w, top + h


def reference_central(image, side):
    """torchvision's Resize and CenterCrop."""
    shorter = round(side * 256 / 224)
    width, height = image.size
    if width <= height:
        size = shorter, int(shorter * height / width)
    else:
        size = int(shorter * width / height), shorter
    left, top = (round((length - side) / 2) for length in size)
    resized = image.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(resized.crop((left, top, left + side, top + side)))


@pytest.mark.parametrize("number", range(20))
def test_a_random_crop_is_the_references(number):
    file = image_files.encoded("train", number)
    random = pixels.uniforms(DRAWS, number, COUNT)
    image = opened(file).convert("RGB")
    box = reference_box(*image.size, random)
    assert pixels.random_box(image.size, random) == box
    whole = image.crop(box).resize((32, 32), Image.Resampling.BILINEAR)
    found = pixels.pixels(file, SHAPE, random).astype(int)
    shrunk = min(box[2] - box[0], box[3] - box[1]) >= 128
    assert np.abs(found - np.asarray(whole)).mean() <= (1 if shrunk else 0)


@pytest.mark.parametrize("number", range(20))
def test_the_central_crop_is_the_references(number):
    file = image_files.encoded("train", number)
    image = opened(file)
    whole = reference_central(image.convert("RGB"), 32).astype(int)
    difference = np.abs(pixels.pixels(file, SHAPE, None).astype(int) - whole)
    if min(image.size) * 224 / 256 < 128:  # else decoded smaller
        assert difference.max() <= 1
    assert difference.mean() < 0.5


@pytest.mark.parametrize(("times", "expected"), [(3, 1), (4, 2), (6, 2), (8, 4)])
def test_an_image_decoded_smaller_is_close_to_the_whole(times, expected):
    """On a photograph."""
    from sklearn.datasets import load_sample_image

    photograph = Image.fromarray(load_sample_image("china.jpg"))
    side = 400 // times
    file = image_files.jpeg(photograph, quality=95)
    image = opened(file)
    box = (100, 20, 500, 420)
    whole = opened(file).crop(box).resize((side, side), Image.Resampling.BILINEAR)
    scale = pixels._shrink(image, image.size, box, (side, side))
    assert scale == expected
    small = image.resize((side, side), Image.Resampling.BILINEAR, [v / scale for v in box])
    difference = np.abs(np.asarray(small).astype(int) - np.asarray(whole))
    assert difference.mean() < 1.2


def test_grey_cmyk_and_png_become_rgb():
    for number in (image_files.GREY, image_files.CMYK, image_files.PNG):
        file = image_files.encoded("train", number)
        whole = image_files.pixels(number, image_files.size(number))
        expected = reference_central(Image.fromarray(whole), 32)
        if number == image_files.GREY:
            expected = np.repeat(
                reference_central(Image.fromarray(whole).convert("L"), 32)[..., None], 3, -1
            )
        found = pixels.pixels(file, SHAPE, None)
        assert found.shape == SHAPE
        assert np.abs(found.astype(int) - expected).mean() < 6
    assert pixels.pixels(file, (16, 16, 1), None).shape == (16, 16, 1)


def test_areas_and_ratios_are_distributed_as_they_should_be():
    """Of a square image, in which every area and ratio up to 0.8 of the area fits."""
    random = [pixels.uniforms(DRAWS, place, COUNT) for place in range(20_000)]
    boxes = np.array([pixels.random_box((1000, 1000), each) for each in random])
    w, h = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    areas, ratios = w * h / 1e6, w / h
    assert 0.0995 < areas.min() < 0.11
    assert areas.max() <= 1
    assert ratios.min() > 0.798
    assert ratios.max() < 1.252
    common = areas < 0.8
    counts, _ = np.histogram(areas[common], 7, (0.1, 0.8))
    assert (np.abs(counts / counts.mean() - 1) < 0.08).all()
    counts, _ = np.histogram(np.log(ratios[common]), 6, (math.log(0.8), math.log(1.25)))
    assert (np.abs(counts / counts.mean() - 1) < 0.08).all()
    for begin, length in ((boxes[:, 0], w), (boxes[:, 1], h)):
        relative = begin / np.maximum(1000 - length, 1)
        assert relative.min() < 0.001
        assert relative[length < 999].mean() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("size", "expected"), [((1000, 10), (12, 10)), ((10, 1000), (10, 12))])
def test_an_image_that_no_crop_fits_into_is_cropped_in_the_middle(size, expected):
    x, y, right, bottom = pixels.random_box(size, np.full(COUNT, 0.999))
    assert (right - x, bottom - y) == expected
    assert (x, y) == tuple((s - e) // 2 for s, e in zip(size, expected, strict=True))


def test_random_numbers_depend_on_draws_and_place_alone():
    given = pixels.uniforms(DRAWS, 5, COUNT)
    np.testing.assert_array_equal(given, pixels.uniforms(DRAWS, 5, COUNT))
    np.testing.assert_array_equal(given[:4], pixels.uniforms(DRAWS, 5, 4))
    others = [
        pixels.uniforms(d, p, COUNT) for d, p in ((DRAWS, 6), ((4, DRAWS[1]), 5), ((3, 0), 5))
    ]
    assert not np.isin(np.concatenate(others), given).any()
    many = np.concatenate([pixels.uniforms(DRAWS, p, COUNT) for p in range(2000)])
    assert (many >= 0).all()
    assert (many < 1).all()
    assert many.mean() == pytest.approx(0.5, abs=0.01)


def test_random_numbers_stay_what_they_are():
    """Else a run could not be repeated by a later version."""
    np.testing.assert_allclose(pixels.uniforms((1, 2), 3, 2), KNOWN, rtol=1e-12)


KNOWN = [0.13732203113233543, 0.22522750207501308]


@pytest.mark.parametrize("file", [b"", b"no image", image_files.encoded("train", 0)[:-300]])
def test_what_is_no_image_raises(file):
    with pytest.raises((OSError, ValueError, SyntaxError)):
        pixels.pixels(file, SHAPE, None)
