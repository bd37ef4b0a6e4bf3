"""How good probabilities are, as probabilities. Everything is computed in float64."""

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from scipy import special


def log_probabilities(logits: Float[ndarray, "n k"]) -> Float[ndarray, "n k"]:
    """The logarithms of the probabilities (log-softmax)."""
    return special.log_softmax(np.asarray(logits, np.float64), axis=-1)


def expected_calibration_error(
    confidence: Float[ndarray, " n"], correct: Bool[ndarray, " n"], bins: int = 15
) -> float:
    """The expected calibration error (Guo et al. 2017, arXiv 1706.04599).

    Predictions are sorted into `bins` bins of equal width by their confidence, ((b - 1) / bins,
    b / bins]. It is the mean over predictions of | accuracy - mean confidence | of their bin.

    >>> confidence, correct = np.array([0.9, 0.8, 0.3]), np.array([True, False, True])
    >>> round(expected_calibration_error(confidence, correct, 2), 4)
    0.4667

    Args:
      confidence: the probability of the predicted class.
      correct: whether the prediction is right.
      bins: how many bins there are.
    """
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    excess = np.bincount(place, confidence - correct, minlength=bins)
    return float(np.abs(excess).sum() / len(confidence))


def negative_log_likelihood(log_p: Float[ndarray, "n k"], labels: Int[ndarray, " n"]) -> float:
    """The mean of -log p(label), in nats."""
    return float(-np.take_along_axis(log_p, labels[:, None], -1).mean())


def brier(p: Float[ndarray, "n k"], labels: Int[ndarray, " n"]) -> float:
    """The mean of the sum over classes of (p - onehot(label))^2, from 0 to 2 (Brier 1950).

    >>> brier(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([0, 1]))
    0.25
    """
    return float(((p - np.eye(p.shape[-1])[labels]) ** 2).sum(-1).mean())


def total_variation(p: Float[ndarray, "n k"], q: Float[ndarray, "n k"]) -> float:
    """The mean total variation distance of two predictions, from 0 to 1: half of sum |p - q|."""
    return float(np.abs(p - q).sum(-1).mean() / 2)
