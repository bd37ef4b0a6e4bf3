"""The paper's four claims, each with a verdict (Jin et al. 2022, arXiv 2210.13738)."""

import pandas as pd

from pruning_jax.analysis import both_factors, panel, scans, size_alone, verdicts
from pruning_jax.analysis.settings import Settings
from pruning_jax.analysis.verdicts import Claim

__all__ = ["Settings", "claims"]

CLAIMS = {
    1: size_alone.claim,
    2: scans.training,
    3: scans.regularization,
    4: both_factors.claim,
}


def claims(rows: pd.DataFrame, settings: Settings = Settings()) -> pd.DataFrame:  # noqa: B008
    """One row for each claim and noise rate: supported, contradicted or undecided, with the
    effect, its interval, and the sentence that says what was compared or what is missing.

    All comparisons are paired by seed and noise. Replicates are seeds: the intervals are about
    training again, not about other test examples. The effects:

    1. test accuracy, best pruned model minus the width-scaled dense model;
    2. log(training loss pruned / dense), at the density with the largest reduction;
    3. accuracy degradation due to noisy examples, pruned minus dense, likewise;
    4. test accuracy, dense with extended time and reduced size minus pruned.
    """
    table = panel.read(rows)
    pruned = table.pruned(settings)
    found = []
    for number, judge in CLAIMS.items():
        for part in panel.slices(table):
            if pruned:
                found.append(judge(part, pruned, settings))
            else:
                sentence = f"{verdicts.noise(part.noise)}: no algorithm prunes."
                found.append(verdicts.undecided(number, part.noise, sentence))
    return pd.DataFrame(found, columns=[*Claim._fields])
