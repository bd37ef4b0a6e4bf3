"""Masks, layer by layer: what remains, what of it does anything, and which units are dead."""

import numpy as np

from pruning_jax import masks
from pruning_jax.exploring import flow
from pruning_jax.exploring.bench import Bench
from pruning_jax.exploring.exploration import Exploration, Settings, each
from pruning_jax.files import Arrays
from pruning_jax.workdir.columns import FRACTION, NUMBER, TEXT, WHOLE, Column, Row
from pruning_jax.workdir.explored import Unit

WHOLE_NETWORK = ""
"""The name of the layer in the row that is about all layers."""


def look(bench: Bench, unit: Unit, settings: Settings) -> list[Row]:
    """A row for the whole network, and one for each of its layers."""
    (network,) = unit
    mask = bench.mask(network)
    kept = {name: np.asarray(leaf) for name, leaf in masks.named(mask).items()}
    flowing = {
        name: np.asarray(leaf)
        for name, leaf in masks.named(flow.effective(bench.recipe(network.cell), mask)).items()
    }
    layers = [_row(name, {name: kept[name]}, {name: flowing[name]}) for name in kept]
    return [_row(WHOLE_NETWORK, kept, flowing), *layers]


def _row(layer: str, kept: Arrays, flowing: Arrays) -> Row:
    """What some layers have together."""
    weights = sum(own.size for own in kept.values())
    remaining = sum(int(np.count_nonzero(own)) for own in kept.values())
    effective = sum(int(np.count_nonzero(own)) for own in flowing.values())
    used = [own.reshape(-1, own.shape[-1]).any(axis=0) for own in flowing.values()]
    return {
        "layer": layer,
        "weights": weights,
        "remaining": remaining,
        "layer_density": remaining / weights,
        "effective": effective,
        "effective_density": effective / weights,
        "units": sum(own.size for own in used),
        "dead_units": sum(int(np.count_nonzero(~own)) for own in used),
    }


EXPLORATION = Exploration(
    what="the density of each layer, weights that lie on no path, and dead units",
    units=each,
    look=look,
    columns=(
        Column("layer", TEXT, "", "The layer; empty in the row about all of them."),
        Column("weights", WHOLE, "", "How many weights it has that can be pruned."),
        Column("remaining", WHOLE, "", "How many of them remain."),
        Column("layer_density", NUMBER, FRACTION, "Which part of its weights remains."),
        Column("effective", WHOLE, "", "How many lie on a path from an input to an output."),
        Column("effective_density", NUMBER, FRACTION, "Which part of its weights does."),
        Column("units", WHOLE, "", "How many units, or channels, it gives."),
        Column(
            "dead_units",
            WHOLE,
            "",
            "How many of them no path goes through: they do nothing, or are constant.",
        ),
    ),
    needs_params=False,
)
