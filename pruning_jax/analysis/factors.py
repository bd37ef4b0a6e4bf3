"""Training time x size: what each of the two factors does beside pruning."""

import itertools
from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy import ndarray

from pruning_jax.analysis import matching, measurements, selection
from pruning_jax.analysis.measurements import Slice
from pruning_jax.analysis.settings import DEFAULTS, Settings

TwoByTwo: TypeAlias = dict[tuple[str, str], ndarray]
"""By (time, size): values[seed, round]; column k is what stands beside the pruned round k."""

MEASURES = ("train_loss", "degradation", "test_accuracy")


class Design(NamedTuple):
    """The 2 x 2 beside every pruned round that has a width-scaled model."""

    pruned: str
    density: ndarray  # [round]
    partners: dict[int, str]
    measures: dict[str, TwoByTwo]  # log training loss under "train_loss"
    selected: int  # the round that all seeds choose on validation; -1 for none


def _table(
    part: Slice, pruned: str, partners: dict[int, str], column: str, without: str, extended: str
) -> TwoByTwo:
    """The four cells and the pruned model beside them, for one column."""
    names = [part.measured.control(n, without) if without else n for n in (extended, pruned)]
    long, own = (part.of(name, column) for name in names)
    beside = np.where(np.isin(np.arange(long.shape[1]), list(partners)), 0, np.nan)
    short = part.start(column, without=without)[:, None]
    small = [
        matching.of_partners(part, column, partners, extended=late, without=without)
        for late in (False, True)
    ]
    return {
        ("standard", "full"): short + beside,
        ("extended", "full"): long + beside,
        ("standard", "reduced"): small[0],
        ("extended", "reduced"): small[1],
        ("pruned", "pruned"): own + beside,
    }


def design(part: Slice, settings: Settings) -> Design | None:
    """The 2 x 2 of a noise rate: time is standard (round 0) or extended (round k of extended
    dense), size is full or the width matched to round k of the pruned algorithm.

    None where nothing prunes. The density is chosen by the validation accuracy of the pruned
    algorithm, among those of which the test accuracies of all five are known.
    """
    pruned = part.measured.pruned(settings)
    if not pruned:
        return None
    partners = matching.partners(part, pruned, settings)

    def table(column: str, without: str = "") -> TwoByTwo:
        """One column of the networks that are trained without these examples."""
        return _table(part, pruned, partners, column, without, settings.extended)

    noisy, clean, loss = (
        table("test_accuracy"),
        table("test_accuracy", "noisy"),
        table("train_loss"),
    )
    measures = {
        "train_loss": {k: np.log(np.maximum(v, settings.smallest_loss)) for k, v in loss.items()},
        "degradation": {cell: clean[cell] - noisy[cell] for cell in noisy},
        "test_accuracy": noisy,
    }
    known = measurements.known(np.sum([*noisy.values()], 0))
    validation = part.of(pruned, "validation_accuracy"), part.start("validation_accuracy")
    return Design(
        pruned,
        part.density(pruned),
        partners,
        measures,
        selection.best(*validation, known),
    )


def time_effect(table: TwoByTwo) -> ndarray:
    """What extended instead of standard time does, averaged over both sizes."""
    full, reduced = (table["extended", s] - table["standard", s] for s in ("full", "reduced"))
    return (full + reduced) / 2


def size_effect(table: TwoByTwo) -> ndarray:
    """What reduced instead of full size does, averaged over both times."""
    standard, extended = (table[t, "reduced"] - table[t, "full"] for t in ("standard", "extended"))
    return (standard + extended) / 2


def interaction(table: TwoByTwo) -> ndarray:
    """By how much extended time does more at reduced than at full size."""
    full, reduced = (table["extended", s] - table["standard", s] for s in ("full", "reduced"))
    return reduced - full


EFFECTS = {"time": time_effect, "size": size_effect, "interaction": interaction}


def two_factors(rows: pd.DataFrame, settings: Settings = DEFAULTS) -> pd.DataFrame:
    """The means of the 2 x 2 of time and size and of the pruned model, at one density.

    It is the density that all seeds choose by the pruned model's validation accuracy.

    train_loss is a geometric mean. Verdict 4 looks at every density and not only at this one.
    """
    names = ["noise_rate", "density", "time", "size", "measure"]
    records = []
    for part, found in _designs(rows, settings):
        for measure in MEASURES:
            for cell, values in found.measures[measure].items():
                own = settings.estimates(values[:, found.selected]).at()
                if own.replicates:
                    numbers = np.exp(own[:3]) if measure == "train_loss" else own[:3]
                    key = (part.noise, found.density[found.selected], *cell, measure)
                    records.append((*key, *numbers, own.replicates))
    return pd.DataFrame(records, columns=[*names, "mean", "low", "high", "replicates"])


def factor_effects(
    rows: pd.DataFrame,
    settings: Settings = DEFAULTS,
) -> pd.DataFrame:
    """The main effects of time and size and their interaction, at the density of `two_factors`.

    The measure log_train_loss is in nats' logarithm: exp(effect) is a factor of the loss. The
    interaction is the difference of two differences, not halved.
    """
    names = ["noise_rate", "density", "factor", "measure"]
    records = []
    for part, found in _designs(rows, settings):
        for (factor, effect), measure in itertools.product(EFFECTS.items(), MEASURES):
            own = settings.estimates(effect(found.measures[measure])[:, found.selected]).at()
            if own.replicates:
                label = "log_train_loss" if measure == "train_loss" else measure
                key = (part.noise, found.density[found.selected], factor, label)
                records.append((*key, *own[:3], own.replicates))
    return pd.DataFrame(records, columns=[*names, "effect", "low", "high", "replicates"])


def _designs(rows: pd.DataFrame, settings: Settings) -> list[tuple[Slice, Design]]:
    """The 2 x 2 of each noise rate at which a density can be chosen."""
    parts = measurements.slices(measurements.read(rows))
    found = [(part, design(part, settings)) for part in parts]
    return [(part, own) for part, own in found if own is not None and own.selected >= 0]
