"""Augmentations: compared with NumPy, and what they depend on."""

import jax
import numpy as np
import pytest
from scipy import stats

from pruning_jax import plugins
from pruning_jax.data.augment import RESIZED_CROP, check
from pruning_jax.data.augment import augment as changed_images
from pruning_jax.data.augmentations import crop
from pruning_jax.data.augmentations.crop import PADDING
from pruning_jax.errors import WrongUse
from pruning_jax.testing import check_augmentation

NAMES = plugins.AUGMENTATIONS.names

SHAPE = (9, 7, 3)
IMAGES = np.random.default_rng(0).integers(1, 256, (600, *SHAPE)).astype(np.uint8)
PLACES = np.arange(600, dtype=np.int32)


def augment(*names, images=IMAGES, places=PLACES, epoch=0):
    program = jax.jit(changed_images, static_argnums=0)
    return np.asarray(program(names, images, places, jax.random.key(epoch)))


@pytest.mark.parametrize("name", NAMES)
def test_every_augmentation_keeps_the_laws(name):
    check_augmentation(name)


def windows(image):
    """All crops of an image, by row and column."""
    padded = np.pad(image, ((PADDING, PADDING), (PADDING, PADDING), (0, 0)))
    places = [(i, j) for i in range(2 * PADDING + 1) for j in range(2 * PADDING + 1)]
    return {(i, j): padded[i : i + SHAPE[0], j : j + SHAPE[1]] for i, j in places}


def test_half_of_the_images_are_flipped():
    changed = augment("flip")
    flipped = (changed == IMAGES[:, :, ::-1]).all((1, 2, 3))
    same = (changed == IMAGES).all((1, 2, 3))
    assert (flipped ^ same).all()
    assert 250 < flipped.sum() < 350


def test_crops_are_windows_of_the_padded_image_and_all_alike_likely():
    counts = np.zeros((2 * PADDING + 1, 2 * PADDING + 1))
    for image, changed in zip(IMAGES, augment("crop"), strict=True):
        found = [at for at, window in windows(image).items() if (window == changed).all()]
        assert len(found) == 1
        counts[found[0]] += 1
    for axis in (0, 1):
        assert stats.chisquare(counts.sum(axis)).pvalue > 0.01


def test_crops_are_the_same_pixels_on_every_platform():
    """All 81 of them; on a TPU nothing is sliced at places that are known too late."""
    image = jax.numpy.asarray(IMAGES[0])
    rows, columns = map(np.ravel, np.indices((2 * PADDING + 1, 2 * PADDING + 1)).astype(np.int32))
    found = [
        jax.jit(jax.vmap(way, (None, 0, 0)))(image, rows, columns)
        for way in (crop.sliced, crop.selected)
    ]
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[1], list(windows(IMAGES[0]).values()))
    traced = jax.jit(jax.vmap(crop.augment)).trace(
        jax.ShapeDtypeStruct((8, *SHAPE), np.uint8),
        jax.eval_shape(lambda: jax.random.split(jax.random.key(0), 8)),
    )
    slices = {
        platform: str(traced.lower(lowering_platforms=(platform,)).as_text()).count("gather")
        for platform in ("cpu", "tpu")
    }
    assert slices["tpu"] == 0 < slices["cpu"]


@pytest.mark.parametrize("names", [(name,) for name in NAMES] + [NAMES])
def test_what_happens_depends_on_epoch_and_place_alone(names):
    changed = augment(*names)
    assert changed.dtype == np.uint8
    part = np.array([500, 3, 77])
    alone = augment(*names, images=IMAGES[part], places=PLACES[part])
    np.testing.assert_array_equal(alone, changed[part])
    assert (augment(*names, epoch=1) != changed).any((1, 2, 3)).mean() > 0.3


def test_each_augmentation_has_its_own_chance():
    """The second of two is not decided by the first."""
    both = augment("flip", "flip")
    same = (both == IMAGES).all((1, 2, 3))
    assert 230 < same.sum() < 370


def test_without_names_nothing_happens():
    np.testing.assert_array_equal(augment(), IMAGES)


def test_a_resized_crop_was_done_before():
    """It takes part neither in the images nor in the keys of the others."""
    np.testing.assert_array_equal(augment(RESIZED_CROP), IMAGES)
    np.testing.assert_array_equal(augment(RESIZED_CROP, "flip"), augment("flip"))


def test_an_augmentation_outside_the_package(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "outside_augmentation.py").write_text(
        "def dark(image, key):\n    return image // 2\n"
    )
    np.testing.assert_array_equal(augment("outside_augmentation:dark"), IMAGES // 2)


def test_names_are_checked():
    for name in (*NAMES, RESIZED_CROP, "my_module:name"):
        check(name)
    with pytest.raises(
        WrongUse, match=r"augmentations: 'resize_crop' .* did you mean resized_crop"
    ):
        check("resize_crop")
    with pytest.raises(WrongUse, match="is not written as my_module:augment"):
        check("my_module:")
