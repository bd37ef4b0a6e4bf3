"""The tiny network, replicas and images that the checks compute with.

The network has all that the networks of the package have: a convolution, batch normalisation,
linear layers, biases. Its numbers are random; nothing is trained.
"""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from jaxtyping import Array, Bool, Float, PyTree

from pruning_jax import masks
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.models.convolution import chosen
from pruning_jax.models.layers import conv, dense, norm, scaled
from pruning_jax.training.examples import Images
from pruning_jax.training.replica import Replica
from pruning_jax.training.state import TrainState, create
from pruning_jax.types import Mask, Params, PRNGKey

RECIPE = Recipe(
    model="pruning_jax.testing.tiny:build",
    epochs=3,
    batch_size=16,
    momentum=0.9,
    weight_decay=1e-2,
    image_shape=(4, 4, 1),
    num_classes=3,
    train_size=40,  # three steps in an epoch, the last on 8 examples
)


class Tiny(nn.Module):
    """Logits [n, classes] of images [n, height, width, channels]."""

    width: float
    num_classes: int
    convolve: Callable[..., Array] | None

    @nn.compact
    def __call__(
        self,
        images: Float[Array, "n h w c"],
        train: bool = False,
        valid: Bool[Array, " n"] | None = None,
    ) -> Float[Array, "n k"]:
        x = conv(images, scaled(3, self.width), stride=2, bias=True, convolve=self.convolve)
        x = nn.relu(norm(x, train, valid))
        x = nn.relu(dense(x.reshape(x.shape[0], -1), scaled(8, self.width)))
        return dense(x, self.num_classes)


def build(recipe: Recipe) -> nn.Module:
    return Tiny(recipe.width, recipe.num_classes, chosen(recipe))


def images() -> Images:
    """The images of 50 examples, of which 40 are to be trained on."""
    pixels = np.random.default_rng(0).integers(0, 256, (50, *RECIPE.image_shape)).astype(np.uint8)
    return Images(jnp.asarray(pixels), jnp.array([120.0]), jnp.array([70.0]))


def replica(recipe: Recipe, seed: int) -> Replica:
    """A replica at the end of a round: its anchor is at step 4, and six in ten weights remain."""
    # The root key is a new one in every replica, because a key should be used once.
    return _replica(recipe, jax.random.key(seed))._replace(key=jax.random.key(seed))


@functools.partial(jax.jit, static_argnums=0)
def _replica(recipe: Recipe, key: PRNGKey) -> Replica:
    start = create(recipe, key)
    labels, trained, anchor, alive = (jax.random.fold_in(key, 100 + i) for i in range(4))
    mask = random_mask(start.params, alive)
    state = _elsewhere(start, trained)._replace(step=jnp.int32(recipe.steps))
    return Replica(
        key=key,
        labels=jax.random.randint(labels, (50,), 0, recipe.num_classes, jnp.int32),
        used=jnp.arange(recipe.train_size, dtype=jnp.int32),
        state=state._replace(params=masks.apply(mask, state.params)),
        mask=mask,
        anchor=_elsewhere(start, anchor)._replace(step=jnp.int32(4)),
    )


def random_mask(params: Params, key: PRNGKey) -> Mask:
    """A mask under which each prunable weight remains with the probability 0.6."""
    return jax.tree.map(lambda u: u < 0.6, _drawn(masks.dense(params), key))


def _elsewhere(state: TrainState, key: PRNGKey) -> TrainState:
    """A state whose numbers are all a little higher, so that what is above 0 stays so."""

    def moved(leaf: Array, u: Float[Array, "..."]) -> Array:
        return leaf + 0.1 * u if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf + 1

    return jax.tree.map(moved, state, _drawn(state, key))


def _drawn(like: PyTree, key: PRNGKey) -> PyTree:
    """Uniform numbers in [0, 1) of the shapes of a tree."""
    leaves, structure = jax.tree.flatten(like)
    sizes = np.cumsum([leaf.size for leaf in leaves])
    drawn = jnp.split(jax.random.uniform(key, (sizes[-1],)), sizes[:-1])
    pairs = zip(drawn, leaves, strict=True)
    return jax.tree.unflatten(structure, [u.reshape(leaf.shape) for u, leaf in pairs])
