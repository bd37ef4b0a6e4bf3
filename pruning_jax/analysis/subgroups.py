"""Training examples by difficulty: equal groups by EL2N, and what pruning does to each.

EL2N: Paul, Ganguli, Dziugaite 2021, arXiv 2107.07075. Cutting the training set into equal
groups by it: Jin et al. 2022, arXiv 2210.13738; their number is ours.
"""

from typing import NamedTuple, cast

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from numpy import ndarray

from pruning_jax.analysis.settings import DEFAULTS, Settings
from pruning_jax.experiment.cells import Cell
from pruning_jax.files import Arrays
from pruning_jax.workdir.collect import Run, cells_of

GROUPS = 20
FLAGS = ("all", "clean", "noisy")
COLUMNS = [
    *("algorithm", "noise_rate", "round", "density", "group", "flag"),
    *("loss", "loss_low", "loss_high", "accuracy", "relative_loss", "replicates"),
]


class Means(NamedTuple):
    """Of one replicate, [round, group, flag]: mean losses (nats) and accuracies, NaN of nothing."""

    loss: ndarray
    accuracy: ndarray


def groups(score: Float[ndarray, " example"], count: int) -> Int[ndarray, " example"]:
    """The group of each example, 0 with the lowest scores; sizes differ by one at most.

    >>> groups(np.array([0.3, 0.1, 0.2, 0.4]), 2)
    array([1, 0, 0, 1])
    """
    rank = np.empty(len(score), int)
    rank[np.argsort(score, kind="stable")] = np.arange(len(score))
    return rank * count // len(score)


def score(examples: Arrays) -> Float[ndarray, " example"]:
    """EL2N of each example: the mean over replicates, else the replicate's own."""
    return examples.get("el2n_mean", examples["el2n"])


def means(examples: Arrays, count: int) -> Means:
    """The means of one cell's examples over the groups of each flag."""
    noisy = examples["label"] != examples["true_label"]
    member = np.eye(count)[groups(score(examples), count)]
    chosen = np.stack([member, member * ~noisy[:, None], member * noisy[:, None]], -1)
    sizes = chosen.sum(0)

    def over(values: ndarray) -> ndarray:
        total = np.tensordot(values.astype(np.float64), chosen, 1)
        return np.divide(total, sizes, out=np.full(total.shape, np.nan), where=sizes > 0)

    return Means(over(examples["train_loss"]), over(examples["correct"]))


def whole(rows: pd.DataFrame) -> list[Cell]:
    """The cells that train the whole network on all examples."""
    main = (rows["control_of"] == "") & (rows["without"] == "") & (rows["width"] == 1)
    return cells_of(cast(pd.DataFrame, rows[main]))


def subgroups(run: Run, settings: Settings = DEFAULTS, count: int = GROUPS) -> pd.DataFrame:
    """Loss and accuracy of each group, round and flag ("all", "clean", "noisy" examples).

    `loss` with its interval and `accuracy` are means over replicates of the group's mean.
    `relative_loss` is the mean over replicates of log(loss / loss of the dense network).
    Rounds in which a replicate's loss is not finite do not count.
    """
    found: dict[tuple[str, float], list[Means]] = {}
    for cell, examples in run.every_examples(whole(run.rows)):
        found.setdefault(cell[:2], []).append(means(examples, count))
    parts = [
        _table(name, rate, replicates, run.rows, settings)
        for (name, rate), replicates in sorted(found.items())
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _table(
    name: str, rate: float, replicates: list[Means], rows: pd.DataFrame, settings: Settings
) -> pd.DataFrame:
    """The groups of one algorithm and noise rate."""
    last = max(len(each.loss) for each in replicates)
    loss, accuracy = (
        np.stack([_padded(a, last) for a in each]) for each in zip(*replicates, strict=True)
    )
    logs = np.log(np.maximum(loss, settings.smallest_loss))
    mean = settings.estimates(loss)
    accuracies, relative = (
        settings.estimates(values).mean for values in (accuracy, logs - logs[:, :1])
    )
    own = rows[(rows["algorithm"] == name) & (rows["noise_rate"] == rate)]
    densities = cast(pd.Series, own.groupby("round")["density"].mean())
    density = densities.reindex(range(last)).to_numpy()
    round_, group, flag = (index.ravel() for index in np.indices(mean.mean.shape))
    table = pd.DataFrame(
        {
            "algorithm": name,
            "noise_rate": rate,
            "round": round_,
            "density": density[round_],
            "group": group,
            "flag": np.array(FLAGS)[flag],
            "loss": mean.mean.ravel(),
            "loss_low": mean.low.ravel(),
            "loss_high": mean.high.ravel(),
            "accuracy": accuracies.ravel(),
            "relative_loss": relative.ravel(),
            "replicates": mean.replicates.ravel(),
        }
    )
    return cast(pd.DataFrame, table[table["replicates"] > 0])


def _padded(
    values: Float[ndarray, "known group flag"], rounds: int
) -> Float[ndarray, "round group flag"]:
    """With NaN for the rounds that are missing."""
    missing = [(0, rounds - len(values)), (0, 0), (0, 0)]
    return np.pad(values, missing, constant_values=np.nan)
