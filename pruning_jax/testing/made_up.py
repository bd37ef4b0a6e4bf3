"""A small run that nobody trained, with a cell of every kind: for the laws of analyses."""

import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from pruning_jax.experiment import record
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.experiment.data import Data
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.files import Arrays, write_arrays
from pruning_jax.workdir import paths
from pruning_jax.workdir.collect import Run
from pruning_jax.workdir.columns import COLUMNS, Row

EXAMPLES, WEIGHTS, CLASSES = 40, 10_000, 10
DENSITIES = (1.0, 0.8, 0.64, 0.512, 0.41)
DENSE = (1.0,) * len(DENSITIES)


def _control(of: Algorithm, name: str, **changes: str | float) -> Algorithm:
    """An algorithm that differs from another one in a few settings."""
    same = {"width": of.width, "without": of.without, **changes}
    return Algorithm(f"{of.name}_{name}", of.densities, control_of=of.name, **same)


def experiment() -> Experiment:
    """What the run was asked for: pruning, longer training, and a control of every kind."""
    lrr, extended = Algorithm("lrr", DENSITIES), Algorithm("extended_dense", DENSE)
    narrow = [_control(extended, f"width_{d:g}", width=d) for d in DENSITIES[2:]]
    clean = [_control(a, "without_noisy", without="noisy") for a in (lrr, extended, *narrow)]
    removed = [
        Algorithm(f"without_{kind}_02", (1.0,), without=kind, control_of="lrr", control_round=2)
        for kind in ("top_improved", "random")
    ]
    shape = {"image_shape": (8, 8, 1), "num_classes": CLASSES, "train_size": EXAMPLES}
    algorithms = (lrr, extended, *narrow, *clean, *removed)
    rates, seeds = (0.0, 0.2), (0, 1, 2)
    recipe = Recipe(batch_size=20, **shape)
    return Experiment(Data(), recipe, algorithms, rates, seeds, 10.0, EXAMPLES, False)


def made_up(folder: Path) -> Run:
    """That run, finished; its examples lie in `folder`, its rows only in memory."""
    asked = experiment()
    rows: list[Row] = []
    for cell in asked.cells:
        algorithm = asked.algorithm(cell.algorithm)
        own = [_row(asked, cell, algorithm, r) for r in range(len(algorithm.densities))]
        write_arrays(paths.examples(folder, cell), _examples(cell, algorithm, own))
        rows += own
    table = pd.DataFrame(rows, columns=[column.name for column in COLUMNS])
    config = {"experiment": record.description(asked), "hash": record.digest(asked)}
    return Run(folder, table, config, asked, whole=True)


def _chance(algorithm: Algorithm, cell: Cell, round_: int) -> np.random.Generator:
    """A source of random numbers; algorithms of one variant have the same in round 0."""
    name = algorithm.name if round_ else algorithm.variant
    return np.random.default_rng(zlib.crc32(repr((name, cell[1:], round_)).encode()))


def _row(asked: Experiment, cell: Cell, algorithm: Algorithm, round_: int) -> Row:
    """The row of a round, with some luck: the loss falls from round to round, and accuracy has its
    best round; with noise it has a valley before, which is a peak of the error."""
    rng = _chance(algorithm, cell, round_)
    density = algorithm.densities[round_]
    total = round(WEIGHTS * algorithm.width)
    noisy = 0.0 if algorithm.without == "noisy" else cell.noise_rate
    accuracy = 0.9 - 0.2 * noisy + 0.02 * round_ - 0.008 * round_**2 + rng.normal(0, 0.004)
    accuracy -= 0.05 * (noisy > 0 and round_ == 2)
    measured = {c.name: accuracy for c in COLUMNS if c.name.endswith("accuracy")}
    losses = {c.name: 1 - accuracy for c in COLUMNS if c.name.endswith("loss")}
    return {
        **{"dataset": "digits", "model": "lenet_300_100", "algorithm": cell.algorithm},
        **{"control_of": algorithm.control_of, "control_round": algorithm.control_round},
        **{"width": algorithm.width, "without": algorithm.without},
        "train_examples": EXAMPLES - asked.left_out(algorithm, cell.noise_rate),
        **{"criterion": algorithm.criterion, "rewind": algorithm.rewind},
        **{"noise_kind": "symmetric", "noise_rate": cell.noise_rate},
        **{"noise_realised": cell.noise_rate, "seed": cell.seed, "round": round_},
        **{"epochs_trained": 40.0 * (round_ + 1), "weights_total": total, "density": density},
        **{"weights_remaining": round(total * density), "schedule": "constant"},
        **{**measured, **losses, "train_loss": np.exp(-3 - 0.3 * round_ + rng.normal(0, 0.1))},
        "noisy_accuracy": 0.5 if noisy else np.nan,
        "noisy_recovered": 0.4 if noisy else np.nan,
        **{"distance": 9.0 + round_, "diverged": False, "seconds": 0.4},
    }


def _examples(cell: Cell, algorithm: Algorithm, rows: list[Row]) -> Arrays:
    """The arrays of examples.npz that go with the rows of a cell."""
    rng = _chance(algorithm, cell, 0)
    true = np.arange(EXAMPLES, dtype=np.int32) % CLASSES
    noisy = np.arange(EXAMPLES) < round(cell.noise_rate * EXAMPLES)
    hardness = rng.beta(1.2, 4, EXAMPLES) + 0.6 * noisy
    each = np.exp(4 * hardness - 2 + 0.2 * rng.standard_normal((len(rows), EXAMPLES)))
    losses = np.array([row["train_loss"] for row in rows])[:, None] * each
    return {
        "label": np.where(noisy, (true + 1) % CLASSES, true).astype(np.int32),
        "true_label": true,
        "is_noisy": noisy,
        "used": ~noisy if algorithm.without == "noisy" else np.ones(EXAMPLES, bool),
        "index": np.arange(EXAMPLES, dtype=np.int32),
        "el2n": hardness.astype(np.float32),
        "train_loss": losses.astype(np.float32),
        "correct": losses < 0.1,
        "test_label": true,
        "test_prediction": np.stack([_predicted(true, row["test_accuracy"]) for row in rows]),
    }


def _predicted(true: np.ndarray, accuracy: float) -> np.ndarray:
    """Predictions of which this fraction is right."""
    right = np.arange(len(true)) < accuracy * len(true)
    return np.where(right, true, (true + 1) % CLASSES).astype(np.uint16)
