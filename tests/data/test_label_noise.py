"""Label noise: exact counts, nested over rates, and the classes that each kind should give."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from pruning_jax import plugins
from pruning_jax.data import label_noise
from pruning_jax.errors import WrongUse
from pruning_jax.experiment import rules
from pruning_jax.testing import check_noise

CLASSES = 4
N = 3000
CYCLE = jnp.roll(jnp.eye(CLASSES), 1, axis=1)
SKEWED = jnp.array([[0.7, 0.1, 0.2, 0.0], [0.1, 0.8, 0.1, 0.0], [0.25] * 4, [0.5, 0.0, 0.0, 0.5]])


CLEAN = np.random.default_rng(0).integers(0, CLASSES, N).astype(np.int32)


def corrupt(kind, rate, seed=0, transition=SKEWED):
    """Given labels and flags of the 3000 examples above."""
    noisy = label_noise.corrupt(
        jnp.asarray(CLEAN),
        kind=kind,
        rate=rate,
        key=jax.random.key(seed),
        num_classes=CLASSES,
        transition=transition if kind == "matrix" else None,
    )
    return np.asarray(noisy.labels), np.asarray(noisy.is_noisy)


@pytest.mark.parametrize("kind", plugins.NOISE.names)
def test_every_kind_keeps_the_laws(kind):
    check_noise(kind)


@pytest.mark.parametrize("n", [1, 100, 3000, 54_000])
def test_count_is_the_decimal_rate_times_n_rounded_up(n):
    for thousandths in range(1001):
        assert rules.count(thousandths / 1000, n) == -(-thousandths * n // 1000)


@pytest.mark.parametrize("kind", ["symmetric", "pairflip", "matrix"])
@pytest.mark.parametrize(
    ("rate", "expected"), [(0.07, 210), (0.29, 870), (0.15001, 451), (1e-9, 1), (1.0, N)]
)
def test_exactly_ceil_of_rate_times_n_labels_change(rate, expected, kind):
    """0.07 * 3000 is 210.00000000000003 in floating point."""
    given, is_noisy = corrupt(kind, rate, transition=CYCLE)
    assert is_noisy.sum() == (given != CLEAN).sum() == expected


@pytest.mark.parametrize("kind", plugins.NOISE.names)
def test_flags_say_which_labels_are_not_true(kind):
    given, is_noisy = corrupt(kind, 0.5)
    np.testing.assert_array_equal(is_noisy, given != CLEAN)
    assert given.dtype == CLEAN.dtype
    assert given.min() >= 0
    assert given.max() < CLASSES
    assert not corrupt(kind, 0.0)[1].any()


@pytest.mark.parametrize("kind", plugins.NOISE.names)
def test_noise_is_nested_over_rates_with_the_same_new_labels(kind):
    lower, noisy_before = corrupt(kind, 0.1)
    for rate in (0.15, 0.6, 1.0):
        given, is_noisy = corrupt(kind, rate)
        assert is_noisy[noisy_before].all()
        np.testing.assert_array_equal(given[noisy_before], lower[noisy_before])
        lower, noisy_before = given, is_noisy


@pytest.mark.parametrize("kind", plugins.NOISE.names)
def test_a_seed_repeats_and_another_differs(kind):
    np.testing.assert_array_equal(corrupt(kind, 0.3)[0], corrupt(kind, 0.3)[0])
    assert (corrupt(kind, 0.3, seed=1)[1] != corrupt(kind, 0.3)[1]).any()


def test_symmetric_draws_every_other_class_equally_often():
    given, is_noisy = corrupt("symmetric", 1.0)
    assert is_noisy.all()
    shifts = np.bincount((given - CLEAN) % CLASSES, minlength=CLASSES)
    assert stats.chisquare(shifts[1:]).pvalue > 0.01


def test_uniform_draws_the_true_class_as_often_as_any_other():
    given, is_noisy = corrupt("uniform", 1.0)
    shifts = np.bincount((given - CLEAN) % CLASSES, minlength=CLASSES)
    assert stats.chisquare(shifts).pvalue > 0.01
    assert is_noisy.mean() == pytest.approx(1 - 1 / CLASSES, abs=0.02)
    assert corrupt("uniform", 0.4)[1].mean() == pytest.approx(0.3, abs=0.02)


def test_pairflip_gives_the_next_class():
    given, is_noisy = corrupt("pairflip", 0.45)
    np.testing.assert_array_equal(given[is_noisy], (CLEAN[is_noisy] + 1) % CLASSES)


def test_matrix_draws_from_the_row_of_the_true_class():
    given, _ = corrupt("matrix", 1.0)
    for true, row in enumerate(np.asarray(SKEWED)):
        drawn = np.bincount(given[true == CLEAN], minlength=CLASSES)
        assert drawn[row == 0].sum() == 0
        expected = row[row > 0] * drawn.sum()
        assert stats.chisquare(drawn[row > 0], expected).pvalue > 0.01


def test_the_examples_are_chosen_without_regard_to_their_place():
    chosen = np.stack([corrupt("pairflip", 0.3, seed)[1] for seed in range(60)])
    per_place = chosen.sum(0)
    assert per_place.std() == pytest.approx(np.sqrt(60 * 0.3 * 0.7), rel=0.06)
    assert abs(np.corrcoef(per_place, np.arange(N))[0, 1]) < 0.06


@pytest.mark.parametrize(
    ("kind", "rate", "says"),
    [
        ("symetric", 0.1, "symmetric"),
        ("symmetric", 1.01, "1.01"),
        ("symmetric", -0.1, "-0.1"),
        ("symmetric", float("nan"), "nan"),
    ],
)
def test_wrong_kinds_and_rates_raise(kind, rate, says):
    with pytest.raises(ValueError, match=says):
        corrupt(kind, rate)


def test_matrix_without_a_matrix_raises():
    with pytest.raises(ValueError, match="needs a transition matrix"):
        corrupt("matrix", 0.1, transition=None)


def test_kinds_say_whether_a_new_label_is_always_wrong():
    said = {kind: label_noise.always_wrong(kind) for kind in plugins.NOISE.names}
    assert said == {"symmetric": True, "uniform": False, "pairflip": True, "matrix": False}


def test_a_kind_outside_the_package(tmp_path, monkeypatch):
    """It may be named or given, and says by its module whether it is always wrong."""
    monkeypatch.syspath_prepend(tmp_path)
    for name, line in (("outside_noise", ""), ("outside_wrong_noise", "ALWAYS_WRONG = True")):
        code = (
            f"{line}\ndef last(labels, key, num_classes, transition):\n    return labels * 0 + 3\n"
        )
        (tmp_path / f"{name}.py").write_text(code)
        assert label_noise.always_wrong(f"{name}:last") == bool(line)
    given, is_noisy = corrupt("outside_noise:last", 0.3)
    assert (given[is_noisy] == 3).all()
    assert 0 < is_noisy.sum() < 900
    function = plugins.NOISE.find("outside_noise:last")
    np.testing.assert_array_equal(corrupt(function, 0.3)[0], given)


@pytest.mark.parametrize(
    ("relabel", "says"),
    [
        (lambda labels, *_: labels.astype(float), r"returned float32 \(3000,\); .*: int32"),
        (lambda labels, *_: labels[:5], r"returned int32 \(5,\); it must return labels"),
    ],
)
def test_what_is_no_labels_is_refused(relabel, says):
    with pytest.raises(WrongUse, match=says):
        corrupt(relabel, 0.3)
