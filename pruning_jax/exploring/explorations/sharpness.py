"""Sharpness: eigenvalues, trace and spectrum of the Hessian of the training loss."""

import math

import numpy as np

from pruning_jax.exploring import hessian, spectrum
from pruning_jax.exploring.batches import batches
from pruning_jax.exploring.bench import Bench
from pruning_jax.exploring.exploration import Exploration, Settings, each
from pruning_jax.workdir.columns import FLAG, NUMBER, TEXT, Column, Row
from pruning_jax.workdir.explored import Unit

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
"""The fractions of the eigenvalues below which quantiles lie."""


def look(bench: Bench, unit: Unit, settings: Settings) -> list[Row]:
    """Rows for the Hessian, then for the relative one."""
    (network,) = unit
    recipe, replica = bench.recipe(network.cell), bench.replica(network)
    places = np.asarray(replica.used)[: int(settings["examples"])]
    labels = np.asarray(replica.labels)[places]
    examples = batches(bench.images, places, labels, hessian.BATCH)
    alive = hessian.alive(replica)
    rows: list[Row] = []
    for relative, scale in ((False, alive), (True, hessian.size(replica))):
        found = hessian.decomposed(
            recipe,
            replica,
            scale,
            examples,
            bench.images,
            probes=int(settings["probes"]),
            steps=int(settings["steps"]),
        )
        measured = _measured(found, int(settings["eigenvalues"]))
        rows += [{"relative": relative, **row} for row in measured]
    return rows


def _measured(found: hessian.Tridiagonal, eigenvalues: int) -> list[Row]:
    """The rows of one matrix."""
    ritz = spectrum.ritz(found)
    largest = spectrum.extreme(ritz, eigenvalues)
    parts = [("eigenvalue", i, *own) for i, own in enumerate(largest, 1)]
    parts += [("smallest", 1, *own) for own in spectrum.extreme(ritz, 1, largest=False)]
    parts.append(("trace", 0, *spectrum.trace(found)))
    values = spectrum.quantiles(ritz, QUANTILES)
    parts += [("quantile", f, v, math.nan) for f, v in zip(QUANTILES, values, strict=True)]
    return [
        {"measure": measure, "place": float(place), "value": value, "error": error}
        for measure, place, value, error in parts
    ]


EXPLORATION = Exploration(
    what="eigenvalues, trace and spectrum of the Hessian of the training loss",
    units=each,
    look=look,
    columns=(
        Column(
            "relative",
            FLAG,
            "",
            "Whether it is about the Hessian with each row and column multiplied by the absolute "
            "value of its weight, which no rescaling of units changes.",
        ),
        Column(
            "measure",
            TEXT,
            "",
            "`eigenvalue` for the largest ones, `smallest` for the smallest one, `trace`, or "
            "`quantile` of all eigenvalues.",
        ),
        Column(
            "place",
            NUMBER,
            "",
            "1 for the largest eigenvalue, 2 for the next one, and so on; for a quantile the "
            "fraction of all eigenvalues below it; 0 for the trace.",
        ),
        Column(
            "value", NUMBER, "nats", "The value, for each unit of a weight squared if not relative."
        ),
        Column(
            "error",
            NUMBER,
            "nats",
            "For an eigenvalue, how far away the nearest one lies at most; for the trace, its "
            "standard error; NaN for a quantile.",
        ),
    ),
    settings={"examples": 1000, "probes": 8, "steps": 24, "eigenvalues": 5},
)
