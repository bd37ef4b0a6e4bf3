"""Ways of training replicas of LeNet-300-100 on a CPU, beside each other in one run.

  python benchmarks/ways.py

Seconds per epoch and replica of four replicas, 54,000 random images of 28 x 28, batches of 128.
Each way has a process of its own. The package's own way is the first.
"""

import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.lenet_mnist import best
from pruning_jax import defaults
from pruning_jax.data.division import Division
from pruning_jax.grid import planning, resolve, stacks
from pruning_jax.grid.groups import groups_of
from pruning_jax.pruning import rounds
from pruning_jax.training import devices

WAYS = {
    "in turn, each core a device": ("turns", "cores", "1"),
    "vmap, each core a device": ("vmap", "cores", "1"),
    "in turn, one device of all cores": ("turns", "1", "all"),
    "vmap, one device of all cores": ("vmap", "1", "all"),
}


def measure(way: str, each: str, threads: str) -> float:
    """Seconds per epoch and replica of one way, in a fresh process."""
    jax.config.update("jax_num_cpu_devices", os.cpu_count() if each == "cores" else 1)
    if threads == "all":
        devices.compiler_options = lambda _: None
    settings = defaults()
    settings.engine.replicas = way
    settings.dataset = "mnist"
    settings.grid.seeds = (0, 1, 2, 3)
    what = resolve.resolve(settings)
    division = planning.black(what)
    images = np.random.default_rng(0).integers(
        0, 256, (len(division.labels), *what.recipe.image_shape), np.uint8
    )
    group = groups_of(what, 4)[0]
    stack = stacks.trial(what, group, Division(images, *division[1:]))
    moment = rounds.create(what.recipe, stack)
    return best(lambda: rounds.fit(what.recipe, stack, moment, what.recipe.steps_per_epoch)) / 4


def main() -> None:
    if len(sys.argv) > 1:
        print(measure(*sys.argv[1:]))
        return
    print("| way | seconds per epoch and replica |\n|---|---|")
    for name, arguments in WAYS.items():
        command = [sys.executable, __file__, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        print(f"| {name} | {float(done.stdout):.3f} |", flush=True)


if __name__ == "__main__":
    main()
