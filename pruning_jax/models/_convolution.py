"""A convolution whose gradient is fast on CPUs, inside loops too.

XLA's own weight gradient is the slow part there, and inside a loop some twenty times slower
than outside. Here it is one product of matrices, of the windows of the input with the gradient
of the output; the input's gradient is a convolution again (docs/performance.md).
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


def windows(x: Images, size: int, stride: int, shape: tuple[int, ...]) -> Float[Array, "n h2 w2 e"]:
    """What each output [height, width] = `shape` sees: size * size * c values."""
    edge = size // 2
    padded = jnp.pad(x, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
    (n, _, _, c), (rows, columns) = x.shape, ((length - 1) * stride + 1 for length in shape)
    parts = [
        lax.slice(padded, (0, i, j, 0), (n, i + rows, j + columns, c), (1, stride, stride, 1))
        for i in range(size)
        for j in range(size)
    ]
    return jnp.concatenate(parts, -1)


def _backward(stride: int, kept: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
    x, kernel = kept
    size, _, inputs, outputs = kernel.shape
    seen = windows(x, size, stride, g.shape[1:3])
    of_kernel = jnp.tensordot(seen, g, ((0, 1, 2), (0, 1, 2)))
    missing = [
        (0, length - (short - 1) * stride - 1, stride - 1)
        for length, short in zip(x.shape[1:3], g.shape[1:3], strict=True)
    ]
    spread = lax.pad(g, jnp.zeros((), g.dtype), ((0, 0, 0), *missing, (0, 0, 0)))
    turned = jnp.flip(kernel, (0, 1)).transpose(0, 1, 3, 2)
    return convolve(spread, turned, 1), of_kernel.reshape(size, size, inputs, outputs)


convolve.defvjp(_forward, _backward)


def for_flax(x: Images, kernel: Kernel, strides: Any, padding: Any, **others: Any) -> Array:
    """`convolve` as `nn.Conv` calls what convolves; its padding must be the one of `convolve`."""
    edge = kernel.shape[0] // 2
    if strides[0] != strides[1] or list(padding) != [(edge, edge)] * 2:
        raise ValueError(f"strides {strides} and padding {padding} are not those of convolve")
    return convolve(x, kernel, strides[0])
