"""What networks cost: operations for one image and memory of weights, layer by layer."""

import math

import numpy as np

from pruning_jax import masks
from pruning_jax.errors import WrongUse
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.exploring import compact, flow
from pruning_jax.exploring.applications import applications
from pruning_jax.exploring.bench import Bench
from pruning_jax.exploring.exploration import Exploration, Settings, each
from pruning_jax.files import Arrays
from pruning_jax.types import Mask
from pruning_jax.workdir.columns import NUMBER, TEXT, WHOLE, Column, Row
from pruning_jax.workdir.explored import Unit

WHOLE_NETWORK = ""
"""The name of the layer in the row that is about all layers."""

BYTES = 4
"""Of a weight in float32, as networks are trained and saved."""


NOT_KNOWN = math.nan


def look(bench: Bench, unit: Unit, settings: Settings) -> list[Row]:
    """A row for the whole network, and one for each of its layers."""
    (network,) = unit
    recipe, mask = bench.recipe(network.cell), bench.mask(network)
    often = applications(recipe)
    kept = {name: np.asarray(leaf) for name, leaf in masks.named(mask).items()}
    through = masks.named(flow.effective(recipe, mask))
    on_path = {name: np.asarray(leaf) for name, leaf in through.items()}
    smaller = _compact(recipe, mask, kept)
    rows = [
        _row(name, often[name], own.size, int(own.sum()), int(on_path[name].sum()), smaller[name])
        for name, own in kept.items()
    ]
    costs = [name for name in rows[0] if name.endswith(("flops", "bytes"))]
    whole = {name: sum(row[name] for row in rows) for name in costs}
    return [{"layer": WHOLE_NETWORK, "applications": NOT_KNOWN, **whole}, *rows]


def _row(
    layer: str, applications: int, dense: int, remaining: int, effective: int, compact: float
) -> Row:
    """The costs of a layer from how often it is applied, and numbers of weights."""
    counts = {"dense_": dense, "": remaining, "effective_": effective, "compact_": compact}
    flops = {f"{kind}flops": 2 * applications * count for kind, count in counts.items()}
    bytes_ = {f"{kind}bytes": BYTES * count for kind, count in counts.items()}
    return {"layer": layer, "applications": float(applications), **flops, **bytes_}


def _compact(recipe: Recipe, mask: Mask, kept: Arrays) -> dict[str, float]:
    """How many weights each layer of the compact network has; NaN where it cannot be made."""
    try:
        before, left = compact.links(recipe), compact.units(recipe, mask)
    except WrongUse:
        return dict.fromkeys(kept, NOT_KNOWN)
    feeding = {following: layer for layer, following in before.items()}
    found = {}
    for name, own in kept.items():
        layer = name.removesuffix(f"/{masks.PRUNABLE}")
        inputs, outputs = own.shape[-2:]
        if layer in feeding:
            inputs = int(left[feeding[layer]].sum())
        if layer in left:
            outputs = int(left[layer].sum())
        found[name] = float(math.prod(own.shape[:-2]) * inputs * outputs)
    return found


def _columns(what: str, unit: str, where: str) -> tuple[Column, ...]:
    """The columns of one cost, of all kinds of networks."""
    means = {
        "dense_": "of the dense network",
        "": "of the weights that remain",
        "effective_": "of those of them that lie on a path from an input to an output",
        "compact_": "of the compact network, whose dense layers lack dead units; NaN if it cannot "
        "be made of this model",
    }
    return tuple(
        Column(f"{kind}{what}", NUMBER if kind == "compact_" else WHOLE, unit, f"{where} {whose}.")
        for kind, whose in means.items()
    )


EXPLORATION = Exploration(
    what="operations for one image and bytes of weights, dense, pruned and compact",
    units=each,
    look=look,
    columns=(
        Column("layer", TEXT, "", "The layer; empty in the row about all of them."),
        Column(
            "applications",
            NUMBER,
            "",
            "How often each of its weights is used for one image: at how many places. NaN in the "
            "row about all layers.",
        ),
        *_columns("flops", "operations", "The operations for one image, two for each use"),
        *_columns("bytes", "bytes", "The memory, in float32,"),
    ),
    needs_params=False,
)
