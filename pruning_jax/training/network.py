"""The masked network of one replica: its logits, its loss, its gradient."""

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int

from pruning_jax import masks
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.models.build import build
from pruning_jax.training import vectors
from pruning_jax.training.examples import Images, normalise
from pruning_jax.training.replica import Replica
from pruning_jax.types import Mask, Params, Statistics


def logits(
    recipe: Recipe,
    params: Params,
    mask: Mask,
    statistics: Statistics,
    images: Float[Array, "n h w c"],
    valid: Bool[Array, " n"] | None = None,
    *,
    train: bool = False,
) -> tuple[Float[Array, "n k"], Statistics]:
    """The masked network's logits, and BatchNorm's statistics.

    The mask acts in the forward pass. So the gradient, the momentum and the decay of pruned
    weights are exactly 0, and nothing has to be masked after a step.

    Args:
      params, mask, statistics: trees of arrays, or vectors (training/vectors.py).
      images: normalised.
      valid: True for examples, False for padding, which BatchNorm leaves out of its moments;
        None where there is no padding.
      train: whether BatchNorm uses the moments of this batch and updates its statistics.
    """
    params, statistics = vectors.network(recipe, masks.apply(mask, params), statistics)
    variables = {"params": params}
    if statistics:
        variables["batch_stats"] = statistics
    mutable = ["batch_stats"] if train and statistics else []
    if recipe.precision == "bfloat16":
        images = images.astype(jnp.bfloat16)
    with jax.default_matmul_precision(recipe.precision):
        out, changed = build(recipe).apply(
            variables, images, train=train, valid=valid, mutable=mutable
        )
    out = out.astype(jnp.promote_types(out.dtype, jnp.float32))
    return out, changed.get("batch_stats", statistics)


def mean_loss(
    recipe: Recipe,
    params: Params,
    mask: Mask,
    statistics: Statistics,
    images: Float[Array, "n h w c"],
    labels: Int[Array, " n"],
    valid: Bool[Array, " n"],
    *,
    train: bool,
) -> tuple[Float[Array, ""], Statistics]:
    """The mean cross-entropy (nats) of the valid examples, and BatchNorm's statistics."""
    padded = train and recipe.train_size % recipe.batch_size != 0
    seen = valid if padded else None
    out, statistics = logits(recipe, params, mask, statistics, images, seen, train=train)
    losses = optax.softmax_cross_entropy_with_integer_labels(out, labels)
    return jnp.sum(jnp.where(valid, losses, 0)) / jnp.sum(valid), statistics


def gradient(
    recipe: Recipe,
    replica: Replica,
    images: Images,
    params: Params,
    statistics: Statistics,
    size: int,
) -> Params:
    """The gradient at `params` of the mean loss over the replica's first `size` training
    examples, under its mask, with BatchNorm in evaluation mode."""
    assert images.pixels is not None
    places = replica.used[:size]
    inputs, labels = normalise(images.pixels[places], images), replica.labels[places]
    valid = jnp.ones(size, bool)

    def loss(params: Params) -> Float[Array, ""]:
        mask = replica.mask
        return mean_loss(recipe, params, mask, statistics, inputs, labels, valid, train=False)[0]

    return jax.grad(loss)(params)
