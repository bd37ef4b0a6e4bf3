"""Curves over rounds: what was measured, mean and interval over seeds."""

import numpy as np
import pandas as pd

from pruning_jax.analysis import panel
from pruning_jax.analysis.panel import MEASURED, Panel
from pruning_jax.analysis.settings import Settings

COLUMNS = ("algorithm", "noise_rate", "round", "density", "mean", "low", "high", "replicates")
LONG = (*COLUMNS[:4], "measure", *COLUMNS[4:])


def long(
    table: Panel,
    measures: dict[str, np.ndarray],
    settings: Settings,
    columns: tuple[str, ...] = LONG,
) -> pd.DataFrame:
    """The estimates of arrays [rate, family, seed, round], one row for each that has a value."""
    found = settings.estimates(np.moveaxis(np.stack([*measures.values()], -1), 2, 0))
    rate, family, round_, measure = there = np.nonzero(found.replicates)
    values = {
        "algorithm": np.array([f.name for f in table.families], object)[family],
        "noise_rate": table.rates[rate],
        "round": round_,
        "density": table.density[rate, family, round_],
        "measure": np.array([*measures], object)[measure],
        **{n: getattr(found, n)[there] for n in ("mean", "low", "high", "replicates")},
    }
    return pd.DataFrame(values, columns=[*columns])


def curves(rows: pd.DataFrame, settings: Settings = Settings()) -> pd.DataFrame:  # noqa: B008
    """Everything that is measured, and test_error, of every family, controls included; one row
    for each algorithm, noise rate, round and measure."""
    table = panel.read(rows)
    measures = {name: table.values[name] for name in MEASURED}
    return long(table, {"test_error": 1 - measures["test_accuracy"], **measures}, settings)


def memorisation(rows: pd.DataFrame, settings: Settings = Settings()) -> pd.DataFrame:  # noqa: B008
    """Accuracy on the examples with a true label, and on the noisy ones against their given and
    against their true label, of every family that is trained on all examples."""
    table = panel.read(rows)
    names = ("clean_accuracy", "noisy_accuracy", "noisy_recovered")
    measures = {name: _of_all(table, table.values[name]) for name in names}
    return long(table, measures, settings)


def relative_loss(
    rows: pd.DataFrame,
    settings: Settings = Settings(),  # noqa: B008
) -> pd.DataFrame:
    """Training loss / that of the dense network of the same seed: a geometric mean over seeds.

    Losses below `smallest_loss` count as that one. Of every family that is trained on all
    examples.
    """
    table = panel.read(rows)
    logs = np.log(np.maximum(table.values["train_loss"], settings.smallest_loss))
    dense = np.full((len(table.rates), len(table.seeds)), np.nan)
    for i, part in enumerate(panel.slices(table)):
        dense[i] = np.log(np.maximum(part.start("train_loss"), settings.smallest_loss))
    found = long(table, {"": _of_all(table, logs - dense[:, None, :, None])}, settings, COLUMNS)
    found[["mean", "low", "high"]] = np.exp(found[["mean", "low", "high"]].astype(float))
    return found


def _of_all(table: Panel, values: np.ndarray) -> np.ndarray:
    """Only the families that are trained on all examples."""
    own = np.array([not family.without for family in table.families], bool)
    return np.where(own[None, :, None, None], values, np.nan)
