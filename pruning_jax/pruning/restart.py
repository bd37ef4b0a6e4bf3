"""How a round starts, for one replica: from the anchor and the trained state to a new one."""

from typing import TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PyTree

from pruning_jax import errors, masks, plugins
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training.replica import Replica
from pruning_jax.training.state import TrainState, at_step, shapes
from pruning_jax.training.streams import Stream, stream
from pruning_jax.types import Mask, Params, Statistics

Step: TypeAlias = Int[Array, ""]


def restart(
    recipe: Recipe,
    names: tuple[str, ...],
    shuffle: bool,
    replica: Replica,
    which: int | Int[Array, ""],
    round_: int | Int[Array, ""],
) -> tuple[TrainState, Mask]:
    """The state and the mask with which a round starts.

    Args:
      names: the rewinds in use, of which `which` is the position of one.
      shuffle: whether the mask is permuted at random inside each layer. It is static: a sort for
        each layer takes long to compile, on accelerators above all, and hardly anyone asks for it.
      replica: as trained in the round before, with its anchor and the new round's mask.

    The weights under the mask are set to 0 once, here, and stay 0: the mask acts in the loss.
    The optimizer is always a fresh one.
    """
    mask = replica.mask
    if shuffle:
        mask = masks.shuffle(mask, stream(replica.key, Stream.SHUFFLE, round_))
    branches = [lambda name=name: _rewound(recipe, name, replica) for name in names]
    params, statistics, step = jax.lax.switch(which, branches)
    return at_step(recipe, masks.apply(mask, params), statistics, step), mask


def _rewound(recipe: Recipe, name: str, replica: Replica) -> tuple[Params, Statistics, Step]:
    """The parameters, the statistics and the step that a rewind gives.

    Raises:
      WrongUse: they are not those of the recipe's network.
    """
    new, expected = plugins.REWINDS.find(name)(recipe, replica), shapes(recipe)
    for what in ("params", "statistics", "step"):
        got, wanted = (_described(getattr(state, what, None)) for state in (new, expected))
        errors.require(
            got == wanted,
            f"rewind {name!r} gives a state whose {what} are {got}; the network has {wanted}",
        )
    return new.params, new.statistics, new.step


def _described(tree: PyTree) -> PyTree:
    """The shape and the type of each array."""
    return jax.tree.map(lambda a: (jnp.shape(a), jnp.result_type(a).name), tree)
