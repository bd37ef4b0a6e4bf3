"""Finding the weights that remain: by counting, as the package does, and by sorting.

python benchmarks/keep_top.py
"""

import time
from collections.abc import Callable

import jax
import jax.numpy as jnp

from pruning_jax import masks


def by_sorting(scores: jax.Array, mask: jax.Array, keep: jax.Array) -> jax.Array:
    order = jnp.argsort(jnp.where(mask, -scores, jnp.inf), stable=True)
    return jnp.zeros(scores.shape, bool).at[order].set(jnp.arange(scores.size) < keep) & mask


def by_counting(scores: jax.Array, mask: jax.Array, keep: jax.Array) -> jax.Array:
    return masks.keep_top({"kernel": scores}, {"kernel": mask}, keep)["kernel"]


def milliseconds(function: Callable, *arguments: jax.Array) -> float:
    """The least of five calls, after one that compiles."""
    compiled, times = jax.jit(function), []
    for _ in range(6):
        begin = time.perf_counter()
        jax.block_until_ready(compiled(*arguments))
        times.append(time.perf_counter() - begin)
    return 1000 * min(times[1:])


def main() -> None:
    print("| weights | counting | sorting | ratio |\n|---|---|---|---|")
    for size in (50_200, 266_200, 2_000_000):
        scores = jax.random.normal(jax.random.key(0), (size,))
        arguments = (scores, jnp.ones(size, bool), jnp.asarray(size // 3))
        count, sort = (milliseconds(f, *arguments) for f in (by_counting, by_sorting))
        print(f"| {size:,} | {count:.1f} ms | {sort:.1f} ms | {count / sort:.3f} |")


if __name__ == "__main__":
    main()
