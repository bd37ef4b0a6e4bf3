"""The row of a cell and round, from the outcome of every example."""

from typing import Any

import numpy as np

from pruning_jax.config import Algorithm
from pruning_jax.data import Division
from pruning_jax.experiment import Cell, Experiment
from pruning_jax.grid import Labels
from pruning_jax.rounds import length
from pruning_jax.train import Outcome


def _mean(values: np.ndarray) -> float:
    """The mean, or NaN of nothing."""
    return float(values.mean(dtype=np.float64)) if values.size else float("nan")


def accuracies(
    division: Division, labels: Labels, used: np.ndarray, prediction: np.ndarray
) -> dict[str, float]:
    """The accuracies of a row, as fractions. `used` are the examples trained on."""
    train, validation, test = division.train, division.validation, division.test
    fits_given = prediction[train] == labels.given[train]
    fits_true = prediction[train] == division.labels[train]
    noisy = labels.is_noisy
    return {
        "train_accuracy": _mean(fits_given[used]),
        "train_true_accuracy": _mean(fits_true[used]),
        "clean_accuracy": _mean(fits_given[~noisy]),
        "noisy_accuracy": _mean(fits_given[noisy]),
        "noisy_recovered": _mean(fits_true[noisy]),
        "validation_accuracy": _mean(prediction[validation] == labels.given[validation]),
        "validation_noisy_accuracy": _mean(prediction[validation] == labels.noisy_validation),
        "test_accuracy": _mean(prediction[test] == division.labels[test]),
    }


def epochs_trained(
    experiment: Experiment, algorithm: Algorithm, noise_rate: float, round_: int
) -> float:
    """The epochs spent up to the end of a round, the shared round 0 included."""
    recipe = experiment.recipe_of(algorithm, noise_rate)
    retrained = min(round_, 1) if algorithm.one_shot else round_
    return recipe.epochs + retrained * length(recipe, algorithm) / recipe.steps_per_epoch


def row(
    experiment: Experiment,
    cell: Cell,
    division: Division,
    labels: Labels,
    used: np.ndarray,
    round_: int,
    mask: dict[str, Any],
    outcome: Outcome,
    seconds: float,
) -> dict[str, Any]:
    """One row of rounds.parquet. `used`, bool [train]: the examples trained on."""
    algorithm = experiment.algorithm(cell.algorithm)
    total, remaining = (sum(f(m) for m in mask.values()) for f in (np.size, np.count_nonzero))
    return {
        "dataset": experiment.data.dataset,
        "model": experiment.recipe.model,
        "algorithm": cell.algorithm,
        **{name: getattr(algorithm, name) for name in OF_ALGORITHM},
        "train_examples": int(used.sum()),
        "noise_kind": experiment.data.noise_kind,
        "noise_rate": cell.noise_rate,
        "noise_realised": _mean(labels.is_noisy),
        "seed": cell.seed,
        "round": round_,
        "epochs_trained": epochs_trained(experiment, algorithm, cell.noise_rate, round_),
        "weights_total": int(total),
        "weights_remaining": int(remaining),
        "density": float(remaining / total),
        "schedule": experiment.recipe.schedule,
        **_measured(division, labels, used, outcome),
        "seconds": seconds,
    }


OF_ALGORITHM = ("control_of", "control_round", "width", "without", "criterion", "rewind")


def _measured(
    division: Division, labels: Labels, used: np.ndarray, outcome: Outcome
) -> dict[str, Any]:
    """Losses and accuracies. The accuracies of a diverged network are NaN."""
    train = outcome.loss[division.train]
    diverged = not bool(np.isfinite(train).all())
    found = accuracies(division, labels, used, outcome.prediction)
    return {
        "train_loss": _mean(train[used]),
        "validation_loss": _mean(outcome.loss[division.validation]),
        "test_loss": _mean(outcome.loss[division.test]),
        **(dict.fromkeys(found, float("nan")) if diverged else found),
        "distance": float(outcome.distance),
        "diverged": diverged,
    }
