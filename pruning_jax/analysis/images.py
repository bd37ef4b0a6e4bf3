"""The gain of pruning with an interval that covers other test images as well as other seeds.

One pruned and one dense network of a seed differ on an image by -1, 0 or 1: which of them is right.
These differences d[seed, image] cross two samples, of seeds and of images. The model is that of
two random effects, d = mean + a[seed] + b[image] + e[seed, image], as for the readers and cases
of a diagnostic test (Dorfman, Berbaum, Metz 1992, doi 10.1097/00004424-199209000-00015).
"""

from typing import NamedTuple, cast

import numpy as np
import pandas as pd
from jaxtyping import Float
from numpy import ndarray
from scipy import special

from pruning_jax.analysis.settings import DEFAULTS, Settings
from pruning_jax.analysis.subgroups import whole
from pruning_jax.files import Arrays
from pruning_jax.workdir.collect import Run

COLUMNS = (
    *("algorithm", "noise_rate", "round", "density", "gain", "gain_low", "gain_high"),
    *("both_low", "both_high", "images", "replicates"),
)


class Interval(NamedTuple):
    """The ends of an interval for each round; NaN where fewer than two seeds are known."""

    low: Float[ndarray, " round"]
    high: Float[ndarray, " round"]


def crossed(differences: Float[ndarray, "seed round image"], confidence: float = 0.95) -> Interval:
    """The interval of the mean over seeds and images, both of which are drawn at random.

    With the mean squares of seeds A, images B and their interaction E, the squared standard error
    of the mean over S seeds and N images is (A + max(B - E, 0)) / (S N), and Student's t has
    (A + max(B - E, 0))^2 / A^2 * (S - 1) degrees of freedom (Hillis 2007, doi 10.1002/sim.2532).
    A is at least 1 / N, as if the gains of seeds varied by one image: few may agree by chance.

    Args:
      differences: NaN in a round that a seed does not have.
    """
    known = np.isfinite(differences[..., :1]).all(2)
    seeds, images = known.sum(0), differences.shape[2]
    with np.errstate(invalid="ignore", divide="ignore"):
        d = np.where(known[..., None], differences, 0)
        mean = d.sum((0, 2)) / (seeds * images)
        of_seed = np.where(known, d.mean(2) - mean, 0)
        of_image = d.sum(0) / seeds[:, None] - mean[:, None]
        every = np.where(known[..., None], d - mean[:, None], 0)
        squares = images * (of_seed**2).sum(0), seeds * (of_image**2).sum(1)
        rest = (every**2).sum((0, 2)) - sum(squares)
        a = np.maximum(squares[0] / (seeds - 1), 1 / images)
        b, e = squares[1] / (images - 1), rest / (seeds - 1) / (images - 1)
        both = a + np.maximum(b - e, 0)
        degrees = np.where(seeds > 1, (both / a) ** 2 * (seeds - 1), np.nan)
        half = special.stdtrit(degrees, (1 + confidence) / 2) * np.sqrt(both / seeds / images)
    return Interval(mean - half, mean + half)


def differences(examples: Arrays) -> Float[ndarray, "round image"]:
    """Of one cell: whether a network is right, minus whether the dense one is, on each test image;
    NaN in a round in which the network has diverged."""
    right = examples["test_prediction"] == examples["test_label"]
    alive = (
        np.isfinite(examples["train_loss"]).all(1) & np.isfinite(examples["train_loss"][0]).all()
    )
    return np.where(alive[:, None], right - right[:1].astype(float), np.nan)


def gain_over_images(run: Run, settings: Settings = DEFAULTS) -> pd.DataFrame:
    """The gain in test accuracy, pruned minus dense, of each pruning algorithm, noise rate and
    round that prunes.

    `gain_low` and `gain_high` are its interval over seeds, for the test images that there are;
    `both_low` and `both_high` that over seeds and images (`crossed`). With few seeds the second
    may be the narrower one, because it has more degrees of freedom.
    """
    rows = cast(pd.DataFrame, run.rows[run.rows["density"].notna()])
    pruning = {str(name) for name in rows.loc[rows["density"] < 1, "algorithm"]}
    found: dict[tuple[str, float], list[ndarray]] = {}
    for cell, examples in run.every_examples(c for c in whole(rows) if c.algorithm in pruning):
        found.setdefault(cell[:2], []).append(differences(examples))
    parts = [
        _table(name, rate, replicates, rows, settings)
        for (name, rate), replicates in sorted(found.items())
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*COLUMNS])


def _table(
    name: str, rate: float, replicates: list[ndarray], rows: pd.DataFrame, settings: Settings
) -> pd.DataFrame:
    """The rounds of one algorithm and noise rate."""
    last = max(map(len, replicates))
    padded = np.stack(
        [np.pad(d, [(0, last - len(d)), (0, 0)], constant_values=np.nan) for d in replicates]
    )
    images = padded.shape[2]
    seeds = settings.estimates(padded.mean(2), resolution=1 / images)
    both = crossed(padded, 1 - settings.alpha)
    own = rows[(rows["algorithm"] == name) & (rows["noise_rate"] == rate)]
    density = cast(pd.Series, own.groupby("round")["density"].mean()).reindex(range(last))
    table = pd.DataFrame(
        {
            **{"algorithm": name, "noise_rate": rate, "round": np.arange(last)},
            **{"density": density.to_numpy(), "gain": seeds.mean},
            **{"gain_low": seeds.low, "gain_high": seeds.high},
            **{"both_low": both.low, "both_high": both.high},
            **{"images": images, "replicates": seeds.replicates},
        }
    )
    return cast(pd.DataFrame, table[(table["density"] < 1) & (table["replicates"] > 0)])
