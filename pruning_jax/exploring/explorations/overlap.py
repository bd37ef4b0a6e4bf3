"""What masks have in common, beside what chance gives for as many weights."""

import functools
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool
from numpy import ndarray

from pruning_jax.exploring import chance, pairs
from pruning_jax.exploring.bench import Bench
from pruning_jax.exploring.chance import Chance
from pruning_jax.exploring.exploration import Choice, Exploration, Settings, networks
from pruning_jax.files import Arrays
from pruning_jax.workdir.collect import Run
from pruning_jax.workdir.columns import NUMBER, TEXT, WHOLE, Column, Row
from pruning_jax.workdir.explored import Network, Unit

WHOLE_NETWORK = ""
"""The name of the layer in the row that is about all layers."""

SHUFFLED = "shuffled"
"""What differs where one algorithm trains under the shuffled masks of the other."""


def units(run: Run, choice: Choice) -> list[Unit]:
    """The pairs of pruned networks of one width that differ in one thing alone."""
    columns = (run.rows[name].tolist() for name in (*Network._fields, "density", "width"))
    facts = {Network(*own): (density, width) for *own, density, width in zip(*columns, strict=True)}
    pruned = (network for network in networks(run, choice) if facts[network][0] < 1)
    return pairs.pairs(pruned, lambda network: facts[network][1])


def differs(bench: Bench, one: Network, other: Network) -> str:
    """In what two networks differ: a field of `Network`, or that the masks of one are those of the
    other, shuffled."""
    field = pairs.differs(one, other)
    if field == "algorithm":
        algorithms = [bench.experiment.algorithm(network.algorithm) for network in (one, other)]
        for first, second in (algorithms, algorithms[::-1]):
            if second.shuffle and second.masks_from == first.name:
                return SHUFFLED
    return field


def look(bench: Bench, unit: Unit, settings: Settings) -> list[Row]:
    """A row for the whole network, and one for each of its layers."""
    one, other = (bench.run.mask(network.cell, network.round) for network in unit)
    return [{"differs": differs(bench, *unit), **row} for row in compared(one, other)]


class Sizes(NamedTuple):
    """How many weights there are in some layers, how many each of two masks keeps, and both."""

    weights: int
    remaining: int
    other: int
    shared: int


def compared(one: Arrays, other: Arrays) -> list[Row]:
    """What two masks share in the whole network and in each layer."""
    layers = {name: _sizes(mask, other[name]) for name, mask in one.items()}
    whole = Sizes(*map(sum, zip(*layers.values(), strict=True)))
    own = {name: chance.shared(sizes.weights, *sizes[:3]) for name, sizes in layers.items()}
    every = functools.reduce(Chance.plus, own.values())
    rows = [_row(name, sizes, own[name], whole) for name, sizes in layers.items()]
    return [_row(WHOLE_NETWORK, whole, every, whole), *rows]


def _sizes(one: Bool[ndarray, "..."], other: Bool[ndarray, "..."]) -> Sizes:
    return Sizes(one.size, *(int(np.count_nonzero(mask)) for mask in (one, other, one & other)))


def _row(layer: str, sizes: Sizes, layerwise: Chance, whole: Sizes) -> Row:
    """What two masks share somewhere.

    Args:
      layer: where.
      sizes: of what is there.
      layerwise: what chance shares there, if each mask keeps its number of every layer.
      whole: the sizes of the whole network.
    """
    by_size = chance.shared(sizes.weights, *whole[:3])
    everywhere = chance.shared(whole.weights, *whole[:3])
    return {
        "layer": layer,
        "weights": sizes.weights,
        "remaining": sizes.remaining,
        "other_remaining": sizes.other,
        "shared": sizes.shared,
        "iou": chance.iou(sizes.shared, sizes.remaining, sizes.other),
        "iou_by_size": chance.iou(everywhere.mean, whole.remaining, whole.other),
        "iou_by_layers": chance.iou(layerwise.mean, sizes.remaining, sizes.other),
        "z_by_size": by_size.z(sizes.shared),
        "z_by_layers": layerwise.z(sizes.shared),
    }


EXPLORATION = Exploration(
    what="what masks have in common, beside what chance gives for as many weights",
    units=units,
    look=look,
    columns=(
        Column(
            "differs",
            TEXT,
            "",
            "What the two networks differ in: `seed`, `algorithm`, `noise_rate` or `round`; "
            "`shuffled` if one has the masks of the other, shuffled in each layer.",
        ),
        Column("layer", TEXT, "", "The layer; empty in the row about all of them."),
        Column("weights", WHOLE, "", "How many weights it has that can be pruned."),
        Column("remaining", WHOLE, "", "How many of them remain."),
        Column("other_remaining", WHOLE, "", "How many remain in the other network."),
        Column("shared", WHOLE, "", "How many remain in both."),
        Column(
            "iou",
            NUMBER,
            "",
            "Intersection over union: the weights that remain in both, as a part of those that "
            "remain in either. NaN if there are none.",
        ),
        Column(
            "iou_by_size",
            NUMBER,
            "",
            "The same of random masks with as many weights in the whole network.",
        ),
        Column(
            "iou_by_layers", NUMBER, "", "The same of random masks with as many in every layer."
        ),
        Column(
            "z_by_size",
            NUMBER,
            "standard deviations",
            "How far `shared` lies above that of random masks with as many weights in the whole "
            "network. NaN if all such masks share as many.",
        ),
        Column(
            "z_by_layers",
            NUMBER,
            "standard deviations",
            "The same for random masks with as many in every layer.",
        ),
    ),
    needs_params=False,
)
