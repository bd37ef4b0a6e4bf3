"""Batches of images that stay in their files: the same bits however they are computed."""

import os
import sys

import image_files
import numpy as np
import pytest
import tiny_images
from processes import children

from pruning_jax.data.reading import feed, pixels
from pruning_jax.errors import WrongUse

SHAPE = tiny_images.SPEC.image_shape
DRAWS = np.array([7, 11], np.uint32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return image_files.make(tmp_path_factory.mktemp("tfds"))


@pytest.fixture
def images(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tiny_images.load(str(folder.parents[1])).train_images


@pytest.fixture
def order():
    """Seven batches of 8 of 60 images in disorder, and one of 4."""
    places = np.random.default_rng(0).permutation(60).astype(np.int32)
    return np.append(places, np.full(4, -1, np.int32)).reshape(8, 8)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Three to a batch; the last one is smaller."""
    monkeypatch.setattr(feed, "CHUNK", 3)


def train(images, order, workers=0, draws=DRAWS, resized_crop=True):
    batches = feed.training(images, order, draws, SHAPE, resized_crop=resized_crop, workers=workers)
    return np.stack([*batches])


def test_batches_hold_the_images_of_their_places(images, order):
    batches = train(images, order)
    assert batches.shape == (8, 8, *SHAPE)
    assert batches.dtype == np.uint8
    for batch, row in zip(batches, order, strict=True):
        for image, place in zip(batch, row, strict=True):
            shown = int(row[0] if place < 0 else place)
            random = pixels.uniforms((7, 11), shown, 22)
            expected = pixels.pixels(images.read(shown), SHAPE, random)
            np.testing.assert_array_equal(image, expected)


def test_without_crops_training_and_evaluation_agree(images, order):
    batches = np.stack([*feed.evaluation(images, order, SHAPE, workers=0)])
    np.testing.assert_array_equal(batches, train(images, order, resized_crop=False))


def test_every_example_is_evaluated_once(images, order):
    places = np.append(np.arange(60), [-1] * 4).reshape(4, 16)
    batches = np.concatenate([*feed.evaluation(images, places, SHAPE, workers=0)])
    expected = [pixels.pixels(images.read(place), SHAPE, None) for place in range(60)]
    np.testing.assert_array_equal(batches[:60], expected)
    np.testing.assert_array_equal(batches[60:], [expected[48]] * 4)


def test_crops_depend_on_seed_and_place_and_on_nothing_else(images, order):
    first = train(images, order)
    np.testing.assert_array_equal(first, train(images, order))
    assert (first != train(images, order, draws=DRAWS[::-1].copy())).any((-1, -2, -3)).mean() > 0.9
    positions = {int(place): i for i, place in enumerate(order.ravel()) if place >= 0}
    other = np.arange(60, dtype=np.int32).reshape(6, 10)
    sorted_ = train(images, other).reshape(60, *SHAPE)
    flat = first.reshape(64, *SHAPE)
    np.testing.assert_array_equal(sorted_, [flat[positions[p]] for p in range(60)])


def test_an_epoch_resumed_in_its_middle_is_the_same(images, order):
    whole = train(images, order)
    for start in range(1, 8):
        np.testing.assert_array_equal(train(images, order[start:]), whole[start:])
    assert train(images, order[:1]).shape == (1, 8, *SHAPE)
    assert not [*feed.training(images, order[8:], DRAWS, SHAPE, resized_crop=True, workers=2)]


@pytest.mark.parametrize("workers", [1, 2])
def test_any_number_of_processes_gives_the_same_bits(images, order, workers):
    np.testing.assert_array_equal(train(images, order, workers), train(images, order))


def test_more_processes_than_work(images, order):
    one = order[:1, :2]
    np.testing.assert_array_equal(train(images, one, workers=5), train(images, one))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_damaged_image_is_named(order, tmp_path, monkeypatch, workers):
    """Raised here, and no process stays."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def files(split, number):
        whole = image_files.encoded(split, number)
        return whole[:200] if (split, number) == ("train", 50) else whole

    folder = image_files.make(tmp_path, files)
    images = tiny_images.load(str(tmp_path)).train_images
    place = image_files.records(folder)["train"].index(50)
    with pytest.raises(WrongUse, match=r"cannot be decoded: .*; remove the folder") as caught:
        train(images, order, workers)
    assert str(caught.value).startswith(f"record {place} of train (record ")
    assert f"{folder}/imagenet2012-train.array_record-0000" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not children(os.getpid())


@pytest.mark.parametrize("workers", [0, 2])
def test_a_shard_that_vanishes_is_named(order, tmp_path, monkeypatch, workers):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = image_files.make(tmp_path)
    images = tiny_images.load(str(tmp_path)).train_images
    gone = folder / "imagenet2012-train.array_record-00001-of-00003"
    gone.unlink()
    with pytest.raises(WrongUse, match="cannot be read: ") as caught:
        train(images, order, workers)
    assert str(gone) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_grain(images, order, monkeypatch):
    monkeypatch.setitem(sys.modules, "grain", None)
    np.testing.assert_array_equal(train(images, order[:1])[0], train(images, order)[0])
    with pytest.raises(WrongUse, match=r"pip install -e .*\[imagenet\]"):
        train(images, order, workers=1)
