"""The paper's four claims, each with a verdict (Jin et al. 2022, arXiv 2210.13738)."""

import pandas as pd

from pruning_jax.analysis import measurements
from pruning_jax.analysis.claims import both_factors, scans, size_alone, verdicts
from pruning_jax.analysis.claims.verdicts import Verdict
from pruning_jax.analysis.settings import DEFAULTS, Settings

CLAIMS = {
    1: size_alone.claim,
    2: scans.training,
    3: scans.regularization,
    4: both_factors.claim,
}


def claims(rows: pd.DataFrame, settings: Settings = DEFAULTS) -> pd.DataFrame:
    """One row for each claim and noise rate: supported, contradicted or undecided, with the
    effect, its interval, and the sentence that says what was compared or what is missing.

    All comparisons are paired by seed and noise. Replicates are seeds: the intervals are about
    training again, not about other test examples. The effects:

    1. test accuracy, best pruned model minus the width-scaled dense model;
    2. log(training loss pruned / dense), at the density with the largest reduction;
    3. accuracy degradation due to noisy examples, pruned minus dense, likewise;
    4. test accuracy, dense with extended time and reduced size minus pruned.
    """
    measured = measurements.read(rows)
    pruned = measured.pruned(settings)
    found = []
    for number, judge in CLAIMS.items():
        for part in measurements.slices(measured):
            if pruned:
                found.append(judge(part, pruned, settings))
            else:
                sentence = f"{verdicts.noise(part.noise)}: no algorithm prunes."
                found.append(verdicts.undecided(number, part.noise, sentence))
    return pd.DataFrame(found, columns=[*Verdict._fields])
