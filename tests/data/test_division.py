"""How a data set is divided."""

import numpy as np
import pytest

from pruning_jax.data import sources
from pruning_jax.data.division import divide, sizes
from pruning_jax.experiment.data import Data


def numbered(train=200, test=30):
    """A source whose images are their own numbers; those to test on begin at 1000."""

    def images(numbers):
        pixels = np.stack([numbers // 256, numbers % 256], -1).astype(np.uint8)
        return pixels.reshape(-1, 1, 1, 2)

    numbers, others = np.arange(train), np.arange(1000, 1000 + test)
    return sources.Source(images(numbers), numbers % 10, images(others), others % 10)


def numbers(division):
    """Which images a division has, in its order."""
    return division.images.reshape(-1, 2).astype(int) @ (256, 1)


def test_a_division_has_each_example_once_training_first():
    source = numbered()
    division = divide(source, Data(validation_fraction=0.1))
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
    parts = [set(numbers(divide(numbered(), Data(train_images=n)))) for n in (50, 100, 200, 0)]
    assert [len(part) for part in parts] == [80, 130, 230, 230]
    assert parts[0] < parts[1] < parts[2] == parts[3]


def test_the_division_depends_on_the_split_seed_alone():
    one, same, other = (
        divide(numbered(), Data(split_seed=s, noise_kind=k))
        for s, k in ((0, "symmetric"), (0, "uniform"), (1, "symmetric"))
    )
    np.testing.assert_array_equal(numbers(one), numbers(same))
    assert (one.origin != other.origin).any()


def test_the_mean_and_deviation_are_those_of_the_training_images():
    division = divide(numbered(), Data(train_images=100))
    pixels = division.images[division.train].reshape(-1, 2).astype(float)
    np.testing.assert_allclose(division.mean, pixels.mean(0), rtol=1e-6)
    np.testing.assert_allclose(division.std, pixels.std(0), rtol=1e-6)


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.333, 0.9])
def test_sizes_add_up(fraction):
    for images in (0, 7, 199):
        train, validation = sizes(Data(train_images=images, validation_fraction=fraction), 200)
        assert train + validation == (images or 200)
        assert abs(validation - fraction * (images or 200)) <= 0.5
