"""Whether the noisy examples can be told from the others by EL2N."""

import numpy as np
import pandas as pd

from pruning_jax.analysis.settings import DEFAULTS, Settings
from pruning_jax.analysis.subgroups import whole
from pruning_jax.workdir.collect import Run

COLUMNS = ["noise_rate", "auc", "low", "high", "replicates", "score"]
SCORES = {"own": "el2n", "mean": "el2n_mean"}
"""The arrays of examples.npz that are tried."""


def el2n(run: Run, settings: Settings = DEFAULTS) -> pd.DataFrame:
    """Whether EL2N finds the noisy examples: the area under the ROC curve, mean over replicates.

    `score` is "own", of the replicate's network alone, or "mean", over the replicates that were
    given the same label. 0.5 is chance.
    """
    from sklearn.metrics import roc_auc_score  # it takes a second to load

    areas: dict[tuple[float, str], dict[int, float]] = {}
    for cell, examples in run.every_examples(whole(run.rows)):
        noisy = examples["label"] != examples["true_label"]
        for kind, name in SCORES.items():
            values = examples.get(name, np.empty(0))
            if noisy.any() and not noisy.all() and len(values) and np.isfinite(values).all():
                area = float(roc_auc_score(noisy, values))
                areas.setdefault((cell.noise_rate, kind), {})[cell.seed] = area
    records = []
    for (rate, kind), found in sorted(areas.items()):
        estimate = settings.estimates(np.array([*found.values()])).at()
        records.append((rate, *estimate[:3], estimate.replicates, kind))
    return pd.DataFrame(records, columns=COLUMNS)
