"""A whole run made up in a second: rows of every kind of cell, as files of a workdir."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd

from pruning_jax.experiment import record as experiments
from pruning_jax.experiment.algorithm import Algorithm
from pruning_jax.experiment.cells import Experiment
from pruning_jax.experiment.data import Data
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.workdir import cellfiles
from pruning_jax.workdir.columns import SCHEMA

DENSITIES = tuple(0.8**r for r in range(13))
ONES = (1.0,) * len(DENSITIES)
WIDTHS = {0.65: 3, 0.4: 6, 0.2: 10}
"""Of narrower networks, and the round of pruning that leaves as many weights."""

WEIGHTS, EXAMPLES, TESTED = 44_200, 200, 50
HOSTILE = "<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>"
"""An algorithm and a data set that no page should believe."""


def algorithms(names=("lrr", "random")):
    """Pruning algorithms, extended dense training, and all their controls."""
    main = [Algorithm(name, DENSITIES) for name in names]
    extended = Algorithm("extended_dense", ONES)
    narrow = [
        dataclasses.replace(
            extended, name=f"extended_dense_width_{w:g}", width=w, control_of="extended_dense"
        )
        for w in WIDTHS
    ]
    clean = [
        dataclasses.replace(a, name=f"{a.name}_without_noisy", without="noisy", control_of=a.name)
        for a in (main[0], extended, *narrow)
    ]
    removed = [
        Algorithm(
            f"without_{kind}_{r:02d}", (1.0,), without=kind, control_of=names[0], control_round=r
        )
        for r in (3, 7, 10)
        for kind in ("top_improved", "random")
    ]
    return (*main, extended, *narrow, *clean, *removed)


def experiment(
    names=("lrr", "random"), rates=(0.0, 0.2, 0.4), seeds=(0, 1, 2, 3), dataset="digits"
):
    """A description of that run."""
    recipe = Recipe(image_shape=(8, 8, 1), num_classes=10, train_size=EXAMPLES)
    return Experiment(Data(dataset), recipe, algorithms(names), rates, seeds, 10.0, 128, False)


def row(what, cell, algorithm, round_, rng):
    """One row; the numbers have the shapes that the paper describes."""
    rate, density = cell.noise_rate, algorithm.densities[round_]
    total = int(WEIGHTS * algorithm.width**1.6)
    size = np.log(1 / (density * algorithm.width**1.6))
    longer = round_ * (1 + 0.2 * (algorithm.name == "random"))
    memory = 1 / (1 + np.exp(3.2 * (size - 1.8)))  # of noisy labels
    lost = np.exp(2.2 * (size - 2.6))
    noisy = 0.0 if algorithm.without == "noisy" else rate
    error = 0.03 + 0.35 * noisy * memory + 0.02 * lost + 0.03 * noisy
    error += 0.012 * (algorithm.without == "top_improved") - 0.0015 * min(longer, 5)
    accuracy = 1 - error * (1 + 0.02 * rng.standard_normal())
    loss = 0.02 * np.exp(-0.5 * min(longer, 5)) + 0.004 * lost * (1 + rate) + 1e-4
    fitted = max(0.0, 1 - 0.01 * lost)
    of_noisy = memory if noisy else np.nan
    return {
        **dict.fromkeys(SCHEMA.names),
        **{"dataset": what.data.dataset, "model": "lenet_300_100", "algorithm": cell.algorithm},
        **{"control_of": algorithm.control_of, "control_round": algorithm.control_round},
        **{"width": algorithm.width, "without": algorithm.without, "train_examples": EXAMPLES},
        **{"criterion": "magnitude", "rewind": "learning_rate", "noise_kind": "symmetric"},
        **{"noise_rate": rate, "noise_realised": rate, "seed": cell.seed, "round": round_},
        **{"epochs_trained": 40.0 * (round_ + 1), "weights_total": total, "density": density},
        **{"weights_remaining": round(total * density), "schedule": "cosine"},
        **{"train_loss": loss * np.exp(0.1 * rng.standard_normal()), "train_accuracy": fitted},
        **{"train_true_accuracy": fitted, "clean_accuracy": fitted, "noisy_accuracy": of_noisy},
        "noisy_recovered": 0.9 * (1 - of_noisy),
        **{"validation_loss": error, "validation_accuracy": accuracy - 0.001},
        **{"validation_noisy_accuracy": accuracy * (1 - rate), "test_loss": error},
        **{"test_accuracy": accuracy, "distance": 9 + 3 * longer**0.5 - 0.9 * size},
        **{"diverged": False, "seconds": 0.4},
    }


def rows(what=None, rng=None):
    """The rows of every cell; algorithms of one variant share round 0."""
    what, rng = what or experiment(), rng or np.random.default_rng(0)
    first, made = {}, {}
    for cell in what.cells:
        algorithm = what.algorithm(cell.algorithm)
        key = (algorithm.variant, cell[1:])
        part = [row(what, cell, algorithm, r, rng) for r in range(algorithm.rounds + 1)]
        own = {n: part[0][n] for n in ("algorithm", "control_of", "control_round")}
        part[0] = {**first.setdefault(key, part[0]), **own}
        made[cell] = part
    return made


def examples(part, rng):
    """The arrays of examples.npz for the rows of a cell."""
    rate, shape = part[0]["noise_rate"], (len(part), EXAMPLES)
    true = rng.integers(0, 10, EXAMPLES).astype(np.int32)
    noisy = np.arange(EXAMPLES) < round(rate * EXAMPLES)
    hardness = rng.beta(1.2, 4, EXAMPLES) + 0.6 * noisy
    losses = np.array([r["train_loss"] for r in part])[:, None] * np.exp(
        4 * hardness - 2 + 0.2 * rng.standard_normal(shape)
    )
    return {
        **{"label": np.where(noisy, (true + 1) % 10, true).astype(np.int32), "true_label": true},
        **{"is_noisy": noisy, "used": np.ones(EXAMPLES, bool), "index": np.arange(EXAMPLES)},
        **{"el2n": hardness.astype(np.float32), "train_loss": losses.astype(np.float32)},
        "correct": losses < 1,
        **tested([row["test_accuracy"] for row in part]),
    }


def tested(accuracies):
    """Labels and predictions of test examples with these accuracies."""
    label = np.arange(TESTED, dtype=np.int32) % 10
    right = [np.arange(TESTED) < np.nan_to_num(share) * TESTED for share in accuracies]
    prediction = np.where(np.stack(right), label, (label + 1) % 10).astype(np.uint16)
    return {"test_label": label, "test_prediction": prediction}


def workdir(folder, what=None):
    """Writes that run to a folder, as the engine does. The name of a cell with signs that no
    file system takes is cleaned in its path."""
    what, rng = what or experiment(), np.random.default_rng(1)
    for cell, part in rows(what).items():
        place = Path(folder, cell.folder)
        cellfiles.write_rows(place / "rounds.parquet", part)
        np.savez(place / "examples.npz", **examples(part, rng))
    config = {
        "experiment": experiments.description(what),
        "hash": experiments.digest(what),
        "versions": {"python": "3.11", "jax": "0.10.2"},
        "devices": ["cpu"],
        "git_commit": "0123456789abcdef",
    }
    Path(folder, "config.json").write_text(json.dumps(config))
    return Path(folder)


def frame(what=None):
    """All rows as one table."""
    return pd.DataFrame([r for part in rows(what).values() for r in part])


def subgroups(what=None, groups=20):
    """A made-up table of EL2N subgroups: easy examples are learnt better, hard ones lost first."""
    what = what or experiment()
    return pd.DataFrame(
        {
            **{"algorithm": a.name, "noise_rate": rate, "round": r, "density": a.densities[r]},
            **{"group": g, "flag": flag, "loss": 0.1, "loss_low": 0.05, "loss_high": 0.2},
            "accuracy": 0.9,
            "relative_loss": -0.5 * min(r, 5) + (g / groups) ** 2 * (0.4 + rate) * r,
            "replicates": 4,
        }
        for a in what.algorithms
        if not a.control_of
        for rate in what.noise_rates
        for r in range(a.rounds + 1)
        for g in range(groups)
        for flag in ("all", "clean")
    )
