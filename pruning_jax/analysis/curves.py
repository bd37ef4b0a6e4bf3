"""Curves over rounds: what was measured, mean and interval over seeds."""

import numpy as np
import pandas as pd
from jaxtyping import Float
from numpy import ndarray

from pruning_jax.analysis import measurements
from pruning_jax.analysis.measurements import MEASURED, Measurements
from pruning_jax.analysis.settings import DEFAULTS, Settings

COLUMNS = ("algorithm", "noise_rate", "round", "density", "mean", "low", "high", "replicates")
LONG = (*COLUMNS[:4], "measure", *COLUMNS[4:])


def long(
    measured: Measurements,
    measures: dict[str, Float[ndarray, "rate family seed round"]],
    settings: Settings,
    columns: tuple[str, ...] = LONG,
    *,
    diverged: bool = False,
) -> pd.DataFrame:
    """The estimates of some measures, one row for each that has a value.

    Args:
      measured: the run.
      measures: the values of each measure.
      settings: the confidence of the intervals, and when they are bootstrapped.
      columns: those of the result.
      diverged: whether there are rows, with NaN, for rounds in which no network has a value.
    """
    found = settings.estimates(np.moveaxis(np.stack([*measures.values()], -1), 2, 0))
    there = found.replicates > 0
    if diverged:
        there = there | np.isfinite(measured.density)[..., None]
    rate, family, round_, measure = there = np.nonzero(there)
    values = {
        "algorithm": np.array([f.name for f in measured.families], object)[family],
        "noise_rate": measured.rates[rate],
        "round": round_,
        "density": measured.density[rate, family, round_],
        "measure": np.array([*measures], object)[measure],
        **{n: getattr(found, n)[there] for n in ("mean", "low", "high", "replicates")},
    }
    return pd.DataFrame(values, columns=[*columns])


def curves(rows: pd.DataFrame, settings: Settings = DEFAULTS) -> pd.DataFrame:
    """Everything that is measured, and test_error, of every family, controls included; one row
    for each algorithm, noise rate, round and measure."""
    measured = measurements.read(rows)
    measures = {name: measured.values[name] for name in MEASURED}
    return long(measured, {"test_error": 1 - measures["test_accuracy"], **measures}, settings)


def over_seeds(
    rows: pd.DataFrame, measure: str = "test_accuracy", settings: Settings = DEFAULTS
) -> pd.DataFrame:
    """One measure of every family, one row for each algorithm, noise rate and round.

    `replicates` counts the seeds that have a value. If all of them diverged it is 0 and the mean
    is NaN.
    """
    measured = measurements.read(rows)
    return long(measured, {measure: measured.values[measure]}, settings, COLUMNS, diverged=True)


def memorisation(rows: pd.DataFrame, settings: Settings = DEFAULTS) -> pd.DataFrame:
    """Accuracy on the examples with a true label, and on the noisy ones against their given and
    against their true label, of every family that is trained on all examples."""
    measured = measurements.read(rows)
    names = ("clean_accuracy", "noisy_accuracy", "noisy_recovered")
    measures = {name: _of_all(measured, measured.values[name]) for name in names}
    return long(measured, measures, settings)


def relative_loss(rows: pd.DataFrame, settings: Settings = DEFAULTS) -> pd.DataFrame:
    """Training loss / that of the dense network of the same seed: a geometric mean over seeds.

    Losses below `smallest_loss` count as that one. Of every family that is trained on all
    examples.
    """
    measured = measurements.read(rows)
    logs = np.log(np.maximum(measured.values["train_loss"], settings.smallest_loss))
    dense = np.full((len(measured.rates), len(measured.seeds)), np.nan)
    for i, part in enumerate(measurements.slices(measured)):
        dense[i] = np.log(np.maximum(part.start("train_loss"), settings.smallest_loss))
    ratios = {"": _of_all(measured, logs - dense[:, None, :, None])}
    found = long(measured, ratios, settings, COLUMNS)
    found[["mean", "low", "high"]] = np.exp(found[["mean", "low", "high"]].astype(float))
    return found


def _of_all(
    measured: Measurements, values: Float[ndarray, "rate family seed round"]
) -> Float[ndarray, "rate family seed round"]:
    """Only the families that are trained on all examples; NaN for the others."""
    own = np.array([not family.without for family in measured.families], bool)
    return np.where(own[None, :, None, None], values, np.nan)
