"""Ways to normalise a batch, one of which has a gradient that GPUs compute in fewer kernels.

What follows the normalisation in a network, a shortcut that is added and a ReLU, is a part of it:
so the activations are passed over once for the moments and once for the result, and in the gradient
once for its sums and once for the rest. By differentiation XLA makes of that up to twice as many
kernels (docs/performance.md).
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import lax
from jaxtyping import Array, Bool, Float

from pruning_jax.experiment.recipe import Recipe

Images: TypeAlias = Float[Array, "n h w c"]
Channels: TypeAlias = Float[Array, " c"]
Valid: TypeAlias = Bool[Array, " n"] | None

Layer: TypeAlias = Callable[..., Array]
"""layer(x, shortcut=None, relu=False): the images, normalised, plus the shortcut, at least 0."""

Way: TypeAlias = Callable[[bool, Valid, Any], Layer]
"""way(train, valid, dtype): makes a layer."""

MOMENTUM, EPSILON = 0.9, 1e-5
scales = nn.initializers.uniform(1.0)
"""The scale is uniform in [0, 1) at first, as in the reference implementation."""


def native(train: bool, valid: Valid, dtype: Any) -> Layer:
    """A layer by Flax's batch normalisation, and its own gradient.

    Args:
      train: whether it normalises by the moments of the batch.
      valid: True for the examples that count in these moments; None: all do.
      dtype: of the images.
    """
    layer = nn.BatchNorm(
        use_running_average=not train,
        momentum=MOMENTUM,
        epsilon=EPSILON,
        dtype=dtype,
        scale_init=scales,
    )

    def normalised(x: Images, shortcut: Images | None = None, relu: bool = False) -> Images:
        y = layer(x, mask=_beside_images(valid))
        y = y if shortcut is None else y + shortcut
        return nn.relu(y) if relu else y

    return normalised


def gradient(train: bool, valid: Valid, dtype: Any) -> Layer:
    """The same by the functions below; results differ by rounding."""
    layer = BatchNorm(train)

    def normalised(x: Images, shortcut: Images | None = None, relu: bool = False) -> Images:
        return layer(x, _beside_images(valid), shortcut, relu)

    return normalised


KINDS: dict[str, Way] = {"native": native, "gradient": gradient}
"""Ways to normalise."""


def chosen(recipe: Recipe) -> Way:
    """How the network of a recipe normalises."""
    return KINDS[recipe.engine.normalisation]


def _beside_images(valid: Valid) -> Bool[Array, "n 1 1 1"] | None:
    return None if valid is None else valid[:, None, None, None]


class Moments(NamedTuple):
    """Of each channel."""

    mean: Channels
    var: Channels


class BatchNorm(nn.Module):
    """Batch normalisation with the parameters and statistics of `nn.BatchNorm`, and their names."""

    train: bool

    @nn.compact
    def __call__(
        self,
        x: Images,
        valid: Bool[Array, "n 1 1 1"] | None,
        shortcut: Images | None,
        relu: bool,
    ) -> Images:
        shape = x.shape[-1:]
        mean = self.variable("batch_stats", "mean", jnp.zeros, shape, jnp.float32)
        var = self.variable("batch_stats", "var", jnp.ones, shape, jnp.float32)
        scale = self.param("scale", scales, shape, jnp.float32)
        bias = self.param("bias", nn.initializers.zeros, shape, jnp.float32)
        if not self.train:
            return _applied(x, Moments(mean.value, var.value), scale, bias, shortcut, relu)
        y, own = normalise(x, scale, bias, shortcut, valid, relu)
        if not self.is_initializing():
            mean.value = MOMENTUM * mean.value + (1 - MOMENTUM) * own.mean
            var.value = MOMENTUM * var.value + (1 - MOMENTUM) * own.var
        return y


def _count(x: Images, valid: Bool[Array, "n 1 1 1"] | None) -> float | Float[Array, ""]:
    """The number of values of a channel that count."""
    examples = float(x.shape[0]) if valid is None else jnp.sum(valid, dtype=jnp.float32)
    return x.shape[1] * x.shape[2] * examples


def _wide(values: Channels) -> Float[Array, "1 1 1 c"]:
    """A value for each channel, to be computed with images."""
    return values[None, None, None]


def _sums(a: Images, b: Images) -> tuple[Channels, Channels]:
    """The sums of two arrays for each channel, in one reduction."""
    zero = jnp.zeros((), jnp.float32)
    return lax.reduce((a, b), (zero, zero), lambda x, y: (x[0] + y[0], x[1] + y[1]), (0, 1, 2))


def _moments(x: Images, valid: Bool[Array, "n 1 1 1"] | None) -> Moments:
    x = x.astype(jnp.float32)
    x = x if valid is None else jnp.where(valid, x, 0)
    count = _count(x, valid)
    mean, squares = (total / count for total in _sums(x, x * x))
    return Moments(mean, jnp.maximum(0.0, squares - mean * mean))


def _applied(
    x: Images,
    by: Moments,
    scale: Channels,
    bias: Channels,
    shortcut: Images | None,
    relu: bool,
) -> Images:
    """The images normalised by given moments, in their own type; float32 on the way."""
    factor = lax.rsqrt(by.var + EPSILON) * scale
    y = (x - _wide(by.mean)) * _wide(factor) + _wide(bias)
    y = y if shortcut is None else y + shortcut
    return (nn.relu(y) if relu else y).astype(x.dtype)


def _normalise(
    x: Images,
    scale: Channels,
    bias: Channels,
    shortcut: Images | None,
    valid: Bool[Array, "n 1 1 1"] | None,
    relu: bool,
) -> tuple[Images, Moments]:
    """The images normalised by their own moments, and these moments.

    No gradient flows through the moments that are returned.
    """
    own = _moments(x, valid)
    return _applied(x, own, scale, bias, shortcut, relu), own


normalise = jax.custom_vjp(_normalise, nondiff_argnums=(5,))


def _forward(
    x: Images,
    scale: Channels,
    bias: Channels,
    shortcut: Images | None,
    valid: Bool[Array, "n 1 1 1"] | None,
    relu: bool,
) -> tuple[tuple[Images, Moments], tuple]:
    y, own = _normalise(x, scale, bias, shortcut, valid, relu)
    return (y, own), (x, own, scale, valid, y if relu else None, shortcut is None)


def _backward(relu: bool, kept: tuple, given: tuple[Images, Moments]) -> tuple[Array | None, ...]:
    """The gradients (Ioffe & Szegedy 2015, arXiv 1502.03167, section 3), with two sums in all.

    With r = 1 / sqrt(var + epsilon), z = (x - mean) r and n values that count, the gradient at x is
    scale r (g - (sum g + z sum (g z)) / n), where padding, which has no part in the moments, has no
    part of the sums either.
    """
    x, own, scale, valid, y, alone = kept
    g = jnp.where(y > 0, given[0], 0) if relu else given[0]
    r = lax.rsqrt(own.var + EPSILON)
    centred, wide = x - _wide(own.mean), g.astype(jnp.float32)
    of_bias, products = _sums(wide, wide * centred)
    of_scale, count = products * r, _count(x, valid)
    through = _wide(of_bias / count) + centred * _wide(of_scale * r / count)
    through = through if valid is None else jnp.where(valid, through, 0)
    of_x = ((wide - through) * _wide(r * scale)).astype(x.dtype)
    return of_x, of_scale, of_bias, None if alone else g, None


normalise.defvjp(_forward, _backward)
