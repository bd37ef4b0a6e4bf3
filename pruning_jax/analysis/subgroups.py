"""Training examples by difficulty: equal groups by EL2N, and what pruning does to each.

EL2N: Paul, Ganguli, Dziugaite 2021, arXiv 2107.07075. Cutting the training set into equal
groups by it: Jin et al. 2022, arXiv 2210.13738; their number is ours.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pruning_jax.analysis import recorded
from pruning_jax.analysis.recorded import Arrays, Damaged
from pruning_jax.analysis.settings import Settings
from pruning_jax.experiment import Cell

GROUPS = 20
FLAGS = ("all", "clean", "noisy")
COLUMNS = [
    *("algorithm", "noise_rate", "round", "density", "group", "flag"),
    *("loss", "loss_low", "loss_high", "accuracy", "relative_loss", "replicates"),
]
EL2N_COLUMNS = ["noise_rate", "auc", "low", "high", "replicates", "score"]


class Means(NamedTuple):
    """Of one replicate, [round, group, flag]: mean losses (nats) and accuracies, NaN of nothing."""

    loss: np.ndarray
    accuracy: np.ndarray


def groups(score: np.ndarray, count: int) -> np.ndarray:
    """The group of each example, 0 with the lowest scores; sizes differ by one at most.

    >>> groups(np.array([0.3, 0.1, 0.2, 0.4]), 2)
    array([1, 0, 0, 1])
    """
    rank = np.empty(len(score), int)
    rank[np.argsort(score, kind="stable")] = np.arange(len(score))
    return rank * count // len(score)


def score(examples: Arrays) -> np.ndarray:
    """EL2N of each example: the mean over replicates, else the replicate's own."""
    return examples.get("el2n_mean", examples["el2n"])


def means(examples: Arrays, count: int) -> Means:
    """The means of one cell's examples over the groups of each flag."""
    noisy = examples["label"] != examples["true_label"]
    member = np.eye(count)[groups(score(examples), count)]
    chosen = np.stack([member, member * ~noisy[:, None], member * noisy[:, None]], -1)
    sizes = chosen.sum(0)

    def over(values: np.ndarray) -> np.ndarray:
        total = np.tensordot(values.astype(np.float64), chosen, 1)
        return np.divide(total, sizes, out=np.full(total.shape, np.nan), where=sizes > 0)

    return Means(over(examples["train_loss"]), over(examples["correct"]))


def read(workdir: Path, rows: Any, problems: list[str]) -> dict[Cell, Arrays]:
    """The examples of every cell that trains the whole network on all examples.

    A file that cannot be read is left out; `problems` gets a line for it.
    """
    main = rows[(rows["control_of"] == "") & (rows["without"] == "") & (rows["width"] == 1)]
    found = {}
    for cell in main[["algorithm", "noise_rate", "seed"]].drop_duplicates().itertuples(index=False):
        place = Cell(str(cell[0]), float(cell[1]), int(cell[2]))
        try:
            found[place] = recorded.examples(workdir / place.folder / "examples.npz")
        except Damaged as error:
            problems.append(f"{error}; it is left out of the groups by EL2N")
    return found


def subgroups(
    workdir: Path,
    rows: Any,
    problems: list[str],
    count: int = GROUPS,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Loss and accuracy of each group, round and flag ("all", "clean", "noisy" examples).

    `loss` with its interval and `accuracy` are means over replicates of the group's mean.
    `relative_loss` is the mean over replicates of log(loss / loss of the dense network).
    Rounds in which a replicate's loss is not finite do not count.
    """
    found: dict[tuple[str, float], list[Means]] = {}
    for cell, examples in read(workdir, rows, problems).items():
        found.setdefault(cell[:2], []).append(means(examples, count))
    parts = [
        _table(name, rate, group, rows, settings or Settings())
        for (name, rate), group in sorted(found.items())
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _table(
    name: str, rate: float, replicates: list[Means], rows: Any, settings: Settings
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
    density = own.groupby("round")["density"].mean().reindex(range(last)).to_numpy()
    round_, group, flag = (index.ravel() for index in np.indices(mean.mean.shape))
    table: Any = pd.DataFrame(
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
    return table[table["replicates"] > 0]


def _padded(values: np.ndarray, rounds: int) -> np.ndarray:
    """With NaN for the rounds that are missing."""
    missing = [(0, rounds - len(values)), (0, 0), (0, 0)]
    return np.pad(values, missing, constant_values=np.nan)


def el2n(
    workdir: Path, rows: Any, problems: list[str], settings: Settings | None = None
) -> pd.DataFrame:
    """Whether EL2N finds the noisy examples: the area under the ROC curve, mean over replicates.

    `score` is "own", of the replicate's network alone, or "mean", over the replicates that were
    given the same label. 0.5 is chance.
    """
    from sklearn.metrics import roc_auc_score  # it takes a second to load

    areas: dict[tuple[float, str], dict[int, float]] = {}
    for cell, examples in read(workdir, rows, problems).items():
        noisy = examples["label"] != examples["true_label"]
        for kind, name in (("own", "el2n"), ("mean", "el2n_mean")):
            values = examples.get(name, np.empty(0))
            if noisy.any() and not noisy.all() and len(values) and np.isfinite(values).all():
                area = float(roc_auc_score(noisy, values))
                areas.setdefault((cell.noise_rate, kind), {})[cell.seed] = area
    records = []
    for (rate, kind), found in sorted(areas.items()):
        estimate = (settings or Settings()).estimates(np.array(list(found.values()))).at()
        records.append((rate, *estimate[:3], estimate.replicates, kind))
    return pd.DataFrame(records, columns=EL2N_COLUMNS)
