"""Compact networks beside masked ones: how much smaller, and how much faster.

python benchmarks/compact.py runs/digits lrr      networks of a run, of its first seed
python benchmarks/compact.py vgg16 0.25           a new network of a width, pruned by magnitude

Each is one compiled program for a batch of 256 images. The two programs are called in turn, in one
process, and the ratio is the median over the turns.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import pruning_jax as pj
from pruning_jax import masks
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.exploring import compact
from pruning_jax.exploring.applications import applications
from pruning_jax.exploring.bench import Bench
from pruning_jax.exploring.exploration import Choice, networks
from pruning_jax.training import state
from pruning_jax.training.network import logits

DENSITIES = (0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
BATCH, TIMES = 256, 101


def of_run(workdir: Path, algorithm: str) -> Iterator[tuple]:
    """Every third pruned network of the first seed and noise rate."""
    run = pj.load(workdir)
    bench = Bench(run)
    every = networks(run, Choice((algorithm,)))
    cell = next(every).cell
    rounds = [n for n in networks(run, Choice((algorithm,))) if n.cell == cell]
    for network in rounds[::3]:
        replica = bench.replica(network)
        yield bench.recipe(cell), replica.state.params, replica.state.statistics, replica.mask


def fresh(model: str, width: float) -> Iterator[tuple]:
    """A new network for CIFAR's images, pruned globally by magnitude."""
    recipe = Recipe(model=model, width=width, image_shape=(32, 32, 3), num_classes=10)
    begin = state.create(recipe, jax.random.key(0))
    full = masks.dense(begin.params)
    scores = jax.tree.map(jnp.abs, begin.params)
    for density in DENSITIES:
        keep = jnp.asarray(round(density * masks.total(full)))
        yield recipe, begin.params, begin.statistics, masks.keep_top(scores, full, keep)


def measured(recipe: Recipe, params, statistics, mask) -> str:
    """A line of the table."""
    small = compact.compact(recipe, params, statistics, mask)
    images = jax.random.normal(jax.random.key(1), (BATCH, *recipe.image_shape))
    programs = (
        jax.jit(lambda x: logits(recipe, params, mask, statistics, x)[0]),
        jax.jit(lambda x: compact.logits(recipe, small, x)),
    )
    one, other = (np.asarray(program(images)) for program in programs)
    spent = np.zeros((TIMES, 2))
    for i in range(TIMES):
        for j, program in enumerate(programs):
            begin = time.perf_counter()
            jax.block_until_ready(program(images))
            spent[i, j] = time.perf_counter() - begin
    faster = float(np.median(spent[:, 0] / spent[:, 1]))
    weights = [sum(x.size for x in jax.tree.leaves(tree)) for tree in (params, small.params)]
    often = applications(recipe)
    kernels = {n: x for n, x in masks.named(small.params).items() if n in often}
    flops = sum(x.size * often[n] for n, x in kernels.items())
    whole = sum(n * often[name] for name, n in masks.sizes(mask).items())
    left = [sum(int(f(u)) for u in small.units.values()) for f in (np.sum, np.size)]
    return (
        f"| {100 * float(masks.density(mask)):.3g} % | {left[0]} of {left[1]} "
        f"| {100 * weights[1] / weights[0]:.3g} % | {100 * flops / whole:.3g} % "
        f"| {faster:.2g} | {np.abs(one - other).max() / np.abs(one).max():.1e} |"
    )


def main(what: str, how: str) -> None:
    print("| density | units left | parameters | operations | times faster | largest difference |")
    print("|---|---|---|---|---|---|")
    path = Path(what)
    for one in of_run(path, how) if path.is_dir() else fresh(what, float(how)):
        print(measured(*one), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
