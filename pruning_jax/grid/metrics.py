"""The row of a cell and round, and its examples, from the outcome of every example."""

from typing import NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Int

from pruning_jax.data.division import Division
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.grid.groups import Labels
from pruning_jax.pruning.rounds import length
from pruning_jax.training.evaluation import Outcome

Value: TypeAlias = str | int | float | bool
Row: TypeAlias = dict[str, Value]


class Trained(NamedTuple):
    """What a replica was trained on."""

    division: Division
    labels: Labels
    used: Bool[np.ndarray, " train"]  # which of the training examples


class Result(NamedTuple):
    """What came of a round of one replica."""

    round: int
    mask: dict[str, np.ndarray]  # of each layer, by its path
    outcome: Outcome
    el2n: Float[np.ndarray, " n"]  # of every example, measured in round 0
    seconds: float


def _mean(values: np.ndarray) -> float:
    """The mean, or NaN of nothing."""
    return float(values.mean(dtype=np.float64)) if values.size else float("nan")


def accuracies(trained: Trained, prediction: Int[np.ndarray, " n"]) -> dict[str, float]:
    """The accuracies of a row, as fractions."""
    division, labels, used = trained
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


def row(experiment: Experiment, cell: Cell, trained: Trained, result: Result) -> Row:
    """One row of rounds.parquet (workdir/columns.py)."""
    algorithm = experiment.algorithm(cell.algorithm)
    layers = result.mask.values()
    total, remaining = (sum(int(f(m)) for m in layers) for f in (np.size, np.count_nonzero))
    return {
        "dataset": experiment.data.dataset,
        "model": experiment.recipe.model,
        "algorithm": cell.algorithm,
        **{name: getattr(algorithm, name) for name in OF_ALGORITHM},
        "train_examples": int(trained.used.sum()),
        "noise_kind": experiment.data.noise_kind,
        "noise_rate": cell.noise_rate,
        "noise_realised": _mean(trained.labels.is_noisy),
        "seed": cell.seed,
        "round": result.round,
        "epochs_trained": epochs_trained(experiment, algorithm, cell.noise_rate, result.round),
        "weights_total": total,
        "weights_remaining": remaining,
        "density": remaining / total,
        "schedule": experiment.recipe.schedule,
        **_measured(trained, result.outcome),
        "seconds": result.seconds,
    }


OF_ALGORITHM = ("control_of", "control_round", "width", "without", "criterion", "rewind")


def _measured(trained: Trained, outcome: Outcome) -> Row:
    """Losses and accuracies. The accuracies of a diverged network are NaN."""
    division = trained.division
    loss, prediction = np.asarray(outcome.loss), np.asarray(outcome.prediction)
    train = loss[division.train]
    diverged = not bool(np.isfinite(train).all())
    measured = accuracies(trained, prediction)
    assert outcome.distance is not None
    return {
        "train_loss": _mean(train[trained.used]),
        "validation_loss": _mean(loss[division.validation]),
        "test_loss": _mean(loss[division.test]),
        **(dict.fromkeys(measured, float("nan")) if diverged else measured),
        "distance": float(outcome.distance),
        "diverged": diverged,
    }


def examples(trained: Trained, result: Result) -> dict[str, np.ndarray]:
    """The arrays of examples.npz (workdir/columns.py), those of the round for this one alone."""
    division, labels, used = trained
    train, outcome = division.train, result.outcome
    return {
        "label": labels.given[train],
        "true_label": division.labels[train],
        "is_noisy": labels.is_noisy,
        "used": used,
        "index": division.origin,
        "el2n": result.el2n[train],
        "train_loss": np.asarray(outcome.loss)[train],
        "correct": np.asarray(outcome.prediction)[train] == labels.given[train],
        "test_label": division.labels[division.test],
        "test_prediction": np.asarray(outcome.prediction)[division.test].astype(np.uint16),
    }
