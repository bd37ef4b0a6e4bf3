"""How many test examples there are, from accuracies alone."""

import numpy as np
import pytest

from pruning_jax.analysis import resolution


@pytest.mark.parametrize("images", [500, 1797, 10_000, 26_032, 50_000])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("mean", [0.1, 0.5, 0.985, 0.9995])
def test_it_is_one_image(images, kind, mean):
    """Also where all accuracies are near 1, and as float32 has them."""
    correct = np.random.default_rng(0).binomial(images, mean, (3, 7, 20))
    accuracies = (correct.astype(kind) / kind(images)).astype(float)
    found = resolution.step(accuracies)
    whole = np.gcd.reduce([images, *correct.ravel()])
    assert found * images == pytest.approx(whole, rel=5e-3)
    assert found >= 1 / images * (1 - 1e-9)


def test_few_accuracies_are_on_the_safe_side():
    assert resolution.step(np.array([0.5, 0.25, np.nan])) == 0.25
    assert resolution.step(np.array([np.nan])) == 1.0


def test_what_is_no_accuracy_has_a_fine_step():
    assert resolution.step(np.random.default_rng(0).random(50)) == 1 / resolution.MOST
