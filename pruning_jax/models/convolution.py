"""Ways to convolve, one of which has a gradient that is fast on CPUs, inside loops too.

XLA's own weight gradient is the slow part there, and inside a loop some twenty times slower
than outside. Here it is a product of matrices; the input's gradient is a convolution again
(docs/performance.md).
"""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from pruning_jax.experiment.recipe import Recipe

NUMBERS = ("NHWC", "HWIO", "NHWC")
Images = Float[Array, "n h w c"]
Kernel = Float[Array, "k k c d"]


def _windows(x: Images, size: int, stride: int) -> Float[Array, "n h2 w2 e"]:
    """What each output sees: size * size * c values."""
    edge = size // 2
    padded = jnp.pad(x, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
    rows, columns = ((length - 1) // stride * stride + 1 for length in x.shape[1:3])
    return jnp.concatenate(
        [
            padded[:, i : i + rows : stride, j : j + columns : stride]
            for i in range(size)
            for j in range(size)
        ],
        -1,
    )


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def convolve(
    x: Images, kernel: Kernel, stride: int, by_products: bool = False
) -> Float[Array, "n h2 w2 d"]:
    """A convolution with an odd window, padded alike on all sides by half of it; `by_products` of
    matrices, or else by XLA's own convolution."""
    edge = kernel.shape[0] // 2
    if by_products:
        flat = kernel.reshape(-1, kernel.shape[-1])
        return jnp.tensordot(_windows(x, kernel.shape[0], stride), flat, 1)
    return lax.conv_general_dilated(
        x, kernel, (stride, stride), [(edge, edge)] * 2, dimension_numbers=NUMBERS
    )


def _forward(
    x: Images, kernel: Kernel, stride: int, by_products: bool
) -> tuple[Array, tuple[Array, Array]]:
    return convolve(x, kernel, stride, by_products), (x, kernel)


ROWS = 4096
"""Rows of the matrices whose product is a weight gradient: as many as a core's cache can hold."""


def _weight_gradient(x: Images, g: Array, size: int, stride: int) -> Array:
    """The sum over n, r, q of x[n, stride r + i - edge, stride q + j - edge, c] g[n, r, q, d].

    With h = stride r + i - edge it is a sum over n, h, q: of `x` in `size` copies that differ in
    their columns, and `g` in `size` copies that differ in their rows. One product of matrices has
    all pairs of them; `size` copies of each are far less to move than the size * size windows
    that each output sees.
    """
    (n, height, width, c), (_, rows, columns, d) = x.shape, g.shape
    edge, none, zero = size // 2, (0, 0, 0), jnp.zeros((), x.dtype)
    right = stride * (columns - 1) + 1 - width - edge
    lower = height - stride * (rows - 1) - 1 + edge
    of_x = [lax.pad(x, zero, (none, none, (edge - j, right + j, 0), none)) for j in range(size)]
    of_g = [
        lax.pad(g, zero, (none, (i - edge, lower - i, stride - 1), none, none)) for i in range(size)
    ]
    left = jnp.concatenate([copy[:, :, ::stride] for copy in of_x], -1)
    most = max(1, ROWS // (height * columns))
    together = max(m for m in range(1, min(n, most) + 1) if n % m == 0)
    products = jnp.einsum(
        "nkc,nkd->ncd",
        left.reshape(n // together, -1, size * c),
        jnp.concatenate(of_g, -1).reshape(n // together, -1, size * d),
        preferred_element_type=jnp.promote_types(x.dtype, jnp.float32),
    )
    return products.sum(0).reshape(size, c, size, d).transpose(2, 0, 1, 3).astype(x.dtype)


def _backward(
    stride: int, by_products: bool, kept: tuple[Array, Array], g: Array
) -> tuple[Array, Array]:
    x, kernel = kept
    missing = [
        (0, length - (short - 1) * stride - 1, stride - 1)
        for length, short in zip(x.shape[1:3], g.shape[1:3], strict=True)
    ]
    spread = lax.pad(g, jnp.zeros((), g.dtype), ((0, 0, 0), *missing, (0, 0, 0)))
    turned = jnp.flip(kernel, (0, 1)).transpose(0, 1, 3, 2)
    return convolve(spread, turned, 1, by_products), _weight_gradient(x, g, kernel.shape[0], stride)


convolve.defvjp(_forward, _backward)


def _for_flax(
    x: Images, kernel: Kernel, strides: Any, padding: Any, *, by_products: bool, **_: Any
) -> Array:
    """`convolve` as `nn.Conv` calls what convolves; its padding must be the one of `convolve`."""
    edge = kernel.shape[0] // 2
    if strides[0] != strides[1] or list(padding) != [(edge, edge)] * 2:
        raise ValueError(f"strides {strides} and padding {padding} are not those of convolve")
    return convolve(x, kernel, strides[0], by_products)


KINDS: dict[str, Callable[..., Array] | None] = {
    "native": None,  # XLA's own, and its own gradients
    "gradient": functools.partial(_for_flax, by_products=False),  # XLA's own with our gradient
    "patches": functools.partial(_for_flax, by_products=True),  # products of matrices alone
}
"""Ways to convolve, for `nn.Conv(conv_general_dilated=...)`."""


def chosen(recipe: Recipe) -> Callable[..., Array] | None:
    """How the network of a recipe convolves."""
    return KINDS[recipe.engine.convolution]
