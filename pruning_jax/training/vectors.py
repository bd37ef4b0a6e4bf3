"""The state of a replica as a few vectors instead of hundreds of small arrays.

What an optimizer does to each number by itself, it does to one vector of all of them as well, in
one kernel of a GPU instead of one for each array. `fit` makes the vectors once and takes them apart
at its end; in each step the network is given the parts that it expects.
"""

import jax
import jax.numpy as jnp
from jax import lax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, PyTree

from pruning_jax import plugins
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.training.replica import Replica
from pruning_jax.training.state import TrainState, direction, shapes
from pruning_jax.types import AnyArray, Params, Statistics


def possible(recipe: Recipe) -> bool:
    """Whether the optimizer of a recipe is known to treat each number by itself.

    The built-in ones do (tests/training/test_vectors.py); one of the user's own may look at layers.
    """
    return recipe.optimizer in plugins.OPTIMIZERS.names


def vector(tree: PyTree) -> Array:
    """All numbers of a tree of arrays of one type."""
    return ravel_pytree(jax.tree.map(_outputs_first, tree))[0]


def _outputs_first(leaf: Array) -> Array:
    """Kernels of convolutions in the order in which cuDNN takes and gives them, so that nothing is
    laid out anew."""
    return jnp.moveaxis(leaf, -1, 0) if leaf.ndim == 4 else leaf


def parts(numbers: PyTree, like: PyTree[AnyArray]) -> PyTree:
    """The tree of arrays, shaped as those of `like`, of which `vector` made the numbers."""
    leaves, structure = jax.tree.flatten(like)
    if not leaves:
        return like
    sizes = [leaf.size for leaf in leaves]
    arrays = map(_shaped, lax.split(numbers, sizes), (leaf.shape for leaf in leaves))
    return jax.tree.unflatten(structure, arrays)


def _shaped(part: Array, shape: tuple[int, ...]) -> Array:
    if len(shape) != 4:
        return part.reshape(shape)
    return jnp.moveaxis(part.reshape(shape[-1], *shape[:-1]), 0, -1)


def network(recipe: Recipe, params: Params, statistics: Statistics) -> tuple[Params, Statistics]:
    """The parameters and statistics as the network of a recipe has them, if they are vectors."""
    if not isinstance(params, jax.Array):
        return params, statistics
    like = shapes(recipe)
    return parts(params, like.params), parts(statistics, like.statistics)


def of(recipe: Recipe, replica: Replica) -> Replica:
    """A replica with vectors for state and mask, if that is how its recipe is computed."""
    if recipe.engine.parameters == "leaves":
        return replica
    state = replica.state
    every = jax.tree.map(
        lambda m, p: jnp.ones(p.shape, bool) if m is None else m,
        replica.mask,
        state.params,
        is_leaf=lambda leaf: leaf is None,
    )
    params = vector(state.params)
    # What the optimizer keeps of a vector is a vector where it keeps a tree of a tree.
    kept = jax.eval_shape(direction(recipe).init, params)
    optimizer = jax.tree.map(
        lambda new, old: vector(old) if new.ndim else old, kept, state.optimizer
    )
    vectors = TrainState(state.step, params, vector(state.statistics), optimizer)
    return replica._replace(state=vectors, mask=vector(every))


def back(recipe: Recipe, state: TrainState) -> TrainState:
    """The state as the rest of the program has it, of one that `of` made."""
    if recipe.engine.parameters == "leaves":
        return state
    like = shapes(recipe)
    params, statistics = network(recipe, state.params, state.statistics)
    optimizer = jax.tree.map(
        lambda new, old: parts(new, old) if new.ndim else new, state.optimizer, like.optimizer
    )
    return TrainState(state.step, params, statistics, optimizer)
