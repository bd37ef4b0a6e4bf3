"""Rounds begun again: a network as it was before its round was trained, and its training."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from pruning_jax.exploring.bench import Bench
from pruning_jax.pruning import rounds
from pruning_jax.pruning.restart import restart
from pruning_jax.training import replicas
from pruning_jax.training.fit import fit
from pruning_jax.training.replica import Replica
from pruning_jax.training.state import TrainState
from pruning_jax.types import PRNGKey
from pruning_jax.workdir.explored import Network


def begun(bench: Bench, network: Network) -> Replica:
    """The network as its round begins: pruned, rewound and not yet trained.

    Raises:
      Damaged: a file of the cell cannot be read, or the run keeps no parameters.
    """
    if network.round == 0:
        first = bench.replica(network)
        return first._replace(state=first.anchor)
    algorithm = bench.experiment.algorithm(network.algorithm)
    before = network._replace(round=0 if algorithm.one_shot else network.round - 1)
    own = bench.replica(before)
    own = own._replace(mask=bench.mask(network), anchor=bench.anchor(network.cell))
    static = ((algorithm.rewind,), False)  # if the mask is a shuffled one, it was saved so
    state, _ = _alone(restart, bench, network, *static, replica=own, shared=(0, network.round))
    return own._replace(state=state)


def trained(bench: Bench, network: Network, start: Replica, key: PRNGKey) -> TrainState:
    """The state at the end of a network's round.

    Args:
      bench: that has the network.
      network: which one.
      start: what `begun` gives for it.
      key: which decides the order of the examples, and how they are augmented, and nothing else.
        With that of `start` the network of the run is trained again, equal to it but for rounding.
    """
    recipe = bench.recipe(network.cell)
    algorithm = bench.experiment.algorithm(network.algorithm)
    begin = int(start.state.step)
    stop = begin + rounds.length(recipe, algorithm) if network.round else recipe.steps
    own = start._replace(key=key)
    return _alone(fit, bench, network, replica=own, shared=(bench.images, begin, stop))


def _alone(
    function: Callable[..., PyTree],
    bench: Bench,
    network: Network,
    *static: object,
    replica: Replica,
    shared: tuple,
) -> PyTree:
    """What a function of one replica gives, compiled once for a recipe."""
    stacked = (jax.tree.map(lambda leaf: leaf[None], replica),)
    recipe = bench.recipe(network.cell)
    found = replicas.over_replicas(function, recipe, *static, stacked=stacked, shared=shared)
    return jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)[0]), found)
