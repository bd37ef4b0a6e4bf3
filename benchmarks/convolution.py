"""The gradient of a convolution on one CPU thread: XLA's, and the one of models/convolution.py.

  python benchmarks/convolution.py

Both outside a loop and inside one, where training has it; for the shapes of ResNet-20 at batch
128. Prints a table in Markdown.
"""

import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from pruning_jax.models import convolution
from pruning_jax.training import devices

SHAPES = ((16, 32, 16, 1), (16, 32, 32, 2), (32, 16, 32, 1), (64, 8, 64, 1))
"""Channels, pixels, channels, stride."""

REPEATS = 3


def plain(x: jax.Array, kernel: jax.Array, stride: int) -> jax.Array:
    return lax.conv_general_dilated(
        x, kernel, (stride, stride), [(1, 1)] * 2, dimension_numbers=convolution.NUMBERS
    )


def milliseconds(program: Callable, *args: jax.Array) -> float:
    """Of the fastest of three calls."""
    jax.block_until_ready(program(*args))
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        jax.block_until_ready(program(*args))
        times.append(time.perf_counter() - begin)
    return 1000 * min(times)


def measure(convolve: Callable, x: jax.Array, kernel: jax.Array, stride: int) -> list[float]:
    """Milliseconds of both gradients: outside a loop, and inside one."""
    gradient = jax.grad(lambda x, k: jnp.sum(convolve(x, k, stride) ** 2), (0, 1))

    def body(_: int, both: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        changes = gradient(*both)
        return both[0] - 1e-9 * changes[0], both[1] - 1e-9 * changes[1]

    def loop(x: jax.Array, kernel: jax.Array) -> tuple[jax.Array, jax.Array]:
        return lax.fori_loop(0, REPEATS, body, (x, kernel))

    options = devices.compiler_options(jax.default_backend())
    outside = milliseconds(jax.jit(gradient, compiler_options=options), x, kernel)
    inside = milliseconds(jax.jit(loop, compiler_options=options), x, kernel)
    return [outside, inside / REPEATS]


def main() -> None:
    print(
        "| shape | XLA outside | XLA inside | ours outside | ours inside |\n|---|---|---|---|---|"
    )
    random = np.random.default_rng(0)
    for inputs, pixels, outputs, stride in SHAPES:
        x = jnp.asarray(random.normal(size=(128, pixels, pixels, inputs)), jnp.float32)
        kernel = jnp.asarray(random.normal(size=(3, 3, inputs, outputs)), jnp.float32)
        times = [t for c in (plain, convolution.convolve) for t in measure(c, x, kernel, stride)]
        name = f"{inputs} x {pixels} x {pixels} to {outputs}, stride {stride}"
        print(f"| {name} | {' | '.join(f'{t:.0f} ms' for t in times)} |", flush=True)


if __name__ == "__main__":
    main()
