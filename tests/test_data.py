"""Data sets: what is loaded, and how it is divided."""

import json
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from pruning_jax import data
from pruning_jax.checks import WrongUse
from pruning_jax.config import Data
from pruning_jax.data import _tfds

TFDS = os.environ.get("TFDS_DATA_DIR") or Path(__file__).parents[2] / "shared" / "tfds"


def numbered(train=200, test=30):
    """A source whose images are their own numbers; those to test on begin at 1000."""

    def images(numbers):
        pixels = np.stack([numbers // 256, numbers % 256], -1).astype(np.uint8)
        return pixels.reshape(-1, 1, 1, 2)

    numbers, others = np.arange(train), np.arange(1000, 1000 + test)
    return data.Source(images(numbers), numbers % 10, images(others), others % 10)


def numbers(division):
    """Which images a division has, in its order."""
    return division.images.reshape(-1, 2).astype(int) @ (256, 1)


def test_digits_are_those_of_scikit_learn():
    source = data.load("digits")
    known, labels = load_digits(return_X_y=True)
    images = np.concatenate([source.train_images, source.test_images]).reshape(-1, 64)
    order, expected = np.lexsort(images.T), np.lexsort(known.T)
    np.testing.assert_array_equal(images[order], known[expected])
    given = np.concatenate([source.train_labels, source.test_labels])
    np.testing.assert_array_equal(given[order], labels[expected])
    assert (len(source.train_labels), len(source.test_labels)) == (1297, 500)
    assert np.bincount(source.test_labels).min() > 30
    again = data.load("digits")
    np.testing.assert_array_equal(source.test_images, again.test_images)


def test_a_division_has_each_example_once_training_first():
    source = numbered()
    division = data.divide(source, Data(validation_fraction=0.1))
    assert division.images.dtype == np.uint8
    assert division.labels.dtype == np.int32
    found = numbers(division)
    assert sorted(found) == [*range(200), *range(1000, 1030)]
    np.testing.assert_array_equal(found % 10, division.labels)
    parts = [found[part] for part in (division.train, division.validation, division.test)]
    assert [len(part) for part in parts] == [180, 20, 30]
    np.testing.assert_array_equal(parts[0], division.origin)
    assert parts[2].tolist() == list(range(1000, 1030))
    assert sorted(parts[1]) != list(range(180, 200)), "validation is drawn at random"


def test_a_smaller_training_set_is_a_part_of_a_larger_one():
    parts = [set(numbers(data.divide(numbered(), Data(train_images=n)))) for n in (50, 100, 200, 0)]
    assert [len(part) for part in parts] == [80, 130, 230, 230]
    assert parts[0] < parts[1] < parts[2] == parts[3]


def test_the_division_depends_on_the_split_seed_alone():
    one, same, other = (
        data.divide(numbered(), Data(split_seed=s, noise_kind=k))
        for s, k in ((0, "symmetric"), (0, "uniform"), (1, "symmetric"))
    )
    np.testing.assert_array_equal(numbers(one), numbers(same))
    assert (one.origin != other.origin).any()


def test_the_mean_and_deviation_are_those_of_the_training_images():
    division = data.divide(numbered(), Data(train_images=100))
    pixels = division.images[division.train].reshape(-1, 2).astype(float)
    np.testing.assert_allclose(division.mean, pixels.mean(0), rtol=1e-6)
    np.testing.assert_allclose(division.std, pixels.std(0), rtol=1e-6)


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.333, 0.9])
def test_sizes_add_up(fraction):
    for images in (0, 7, 199):
        train, validation = data.sizes(Data(train_images=images, validation_fraction=fraction), 200)
        assert train + validation == (images or 200)
        assert abs(validation - fraction * (images or 200)) <= 0.5


@pytest.mark.parametrize("name", sorted({*data.NAMES} - {"digits"}))
def test_a_data_set_that_is_not_there_says_how_to_prepare_it(name, tmp_path):
    command = f"python -m pruning_jax.prepare --dataset={name} --data_dir={tmp_path}"
    with pytest.raises(WrongUse, match=f"^[^\\n]*{re.escape(command)}( --archives=DIR)?$"):
        data.load(name, str(tmp_path))


def test_where_data_sets_lie(monkeypatch):
    monkeypatch.delenv("TFDS_DATA_DIR", raising=False)
    assert _tfds.directory("") == Path.home() / "tensorflow_datasets"
    monkeypatch.setenv("TFDS_DATA_DIR", "/of/the/environment")
    assert _tfds.directory("") == Path("/of/the/environment")
    assert _tfds.directory("/given") == Path("/given")


def test_a_damaged_data_set_is_refused(tmp_path):
    folder = tmp_path / "mnist" / "3.0.1"
    folder.mkdir(parents=True)
    (folder / "dataset_info.json").write_text(json.dumps({"name": "mnist"}))
    with pytest.raises(WrongUse, match="prepare it anew"):
        data.load("mnist", str(tmp_path))


def test_an_unknown_data_set_is_refused():
    with pytest.raises(WrongUse, match="did you mean mnist"):
        data.spec("mnst")


@pytest.mark.slow
@pytest.mark.skipif(not (Path(TFDS) / "mnist").exists(), reason=f"no MNIST in {TFDS}")
def test_mnist(request, monkeypatch):
    """Decoded once: the content's digest names the copy, so pytest may keep it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(request.config.cache.mkdir("mnist")))
    source = data.load("mnist", str(TFDS))
    train = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(source.train_labels).tolist() == train
    assert np.bincount(source.test_labels).tolist() == [
        *(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
    ]
    assert source.train_images.mean() / 255 == pytest.approx(0.1307, abs=1e-4)
    assert source.train_images.std() / 255 == pytest.approx(0.3081, abs=1e-4)
    again = data.load("mnist", str(TFDS))
    np.testing.assert_array_equal(again.test_images, source.test_images)
    assert "tensorflow" not in sys.modules
