"""A convolution whose gradient is fast on CPUs, inside loops too.

XLA's own weight gradient is the slow part there, and inside a loop some twenty times slower
than outside. Here it is a product of matrices; the input's gradient is a convolution again
(docs/performance.md).
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

NUMBERS = ("NHWC", "HWIO", "NHWC")
Images = Float[Array, "n h w c"]
Kernel = Float[Array, "k k c d"]


def native() -> bool:
    """Whether XLA's own gradients are the faster ones: everywhere but on CPUs."""
    return jax.default_backend() != "cpu"


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def convolve(x: Images, kernel: Kernel, stride: int) -> Float[Array, "n h2 w2 d"]:
    """A convolution with an odd window, padded alike on all sides by half of it."""
    edge = kernel.shape[0] // 2
    return lax.conv_general_dilated(
        x, kernel, (stride, stride), [(edge, edge)] * 2, dimension_numbers=NUMBERS
    )


def _forward(x: Images, kernel: Kernel, stride: int) -> tuple[Array, tuple[Array, Array]]:
    return convolve(x, kernel, stride), (x, kernel)


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
    )
    return products.sum(0).reshape(size, c, size, d).transpose(2, 0, 1, 3)


def _backward(stride: int, kept: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
    x, kernel = kept
    missing = [
        (0, length - (short - 1) * stride - 1, stride - 1)
        for length, short in zip(x.shape[1:3], g.shape[1:3], strict=True)
    ]
    spread = lax.pad(g, jnp.zeros((), g.dtype), ((0, 0, 0), *missing, (0, 0, 0)))
    turned = jnp.flip(kernel, (0, 1)).transpose(0, 1, 3, 2)
    return convolve(spread, turned, 1), _weight_gradient(x, g, kernel.shape[0], stride)


convolve.defvjp(_forward, _backward)


def for_flax(x: Images, kernel: Kernel, strides: Any, padding: Any, **others: Any) -> Array:
    """`convolve` as `nn.Conv` calls what convolves; its padding must be the one of `convolve`."""
    edge = kernel.shape[0] // 2
    if strides[0] != strides[1] or list(padding) != [(edge, edge)] * 2:
        raise ValueError(f"strides {strides} and padding {padding} are not those of convolve")
    return convolve(x, kernel, strides[0])
