"""ResNet-20 on CIFAR-10: the time of a step under each way of computing, beside PyTorch.

  python benchmarks/cifar_resnet20.py [--replicas=4] [--kinds=PATTERN]

Random images, batches of 128, flips and crops inside the step. Seconds per step and replica on a
CPU, and PyTorch's in the same run (`pip install torch`; the same network, without flips and
crops). Then where a step's time goes. Every program is compiled anew; its compilation is a column.
--kinds: only ways whose name has this in it. For accelerators there is accelerator.py.
"""

import argparse
import collections
import dataclasses
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import jax
import numpy as np

from pruning_jax import defaults, machine
from pruning_jax.experiment.recipe import Engine, Recipe
from pruning_jax.grid import planning, resolve, stacks
from pruning_jax.grid.groups import groups_of
from pruning_jax.pruning import rounds
from pruning_jax.pruning.moments import Stack
from pruning_jax.training import devices

BATCH = 128
CPU = [
    ("turns", "gradient"),
    ("turns", "patches"),
    ("turns", "native"),
    ("unrolled", "gradient"),
    ("vmap", "gradient"),
    ("vmap", "patches"),
]


def prepared(replicas: int, precision: str, engine: Engine) -> tuple[Recipe, Stack]:
    """A recipe and replicas of it on random images."""
    settings = defaults()
    settings.update(dataset="cifar10", model="resnet20", batch_size=BATCH, precision=precision)
    settings.update(momentum=0.9, weight_decay=1e-4, augmentations=("flip", "crop"))
    settings.grid.seeds = tuple(range(replicas))
    settings.engine.update(dataclasses.asdict(engine))
    what = resolve.resolve(settings)
    division = planning.black(what)
    images = np.random.default_rng(0).integers(
        0, 256, (len(division.labels), *what.recipe.image_shape), np.uint8
    )
    (group,) = groups_of(what, replicas)
    return group.recipe, stacks.trial(what, group, division._replace(images=images))


def timed(recipe: Recipe, stack: Stack, seconds: float = 3.0) -> tuple[float, float]:
    """Seconds of compilation and of a step of all replicas: the least of three."""
    moment = rounds.create(recipe, stack)

    def spent(steps: int) -> float:
        begin = time.perf_counter()
        rounds.fit(recipe, stack, moment, steps)
        return time.perf_counter() - begin

    first, one = spent(1), spent(1)
    steps = max(1, min(recipe.steps_per_epoch, round(seconds / one)))
    return first - one, min(spent(steps) for _ in range(3)) / steps


def ways(kinds: list[tuple[str, str]], only: str) -> Iterator[tuple[str, Engine]]:
    """Names and engines."""
    for way, convolution in kinds:
        name = f"{way}, {convolution}"
        if only in name:
            yield name, Engine(replicas=way, convolution=convolution)


def on_cpu(count: int, only: str) -> None:
    """The tables of a CPU."""
    one, alone, cores = torch()
    print(f"| {count} replicas | seconds per step and replica | / PyTorch | compilation |")
    print("|---|---|---|---|")
    for name, value in (
        ("PyTorch, one process of all cores", one),
        (f"PyTorch, {cores} processes of one core", alone),
    ):
        print(f"| {name} | {value:.3f} | {value / one:.2f} | |", flush=True)
    for name, engine in ways(CPU, only):
        compilation, step = timed(*prepared(count, "float32", engine))
        each = step / count
        print(f"| {name} | {each:.3f} | {each / one:.2f} | {compilation:.0f} s |", flush=True)
    compilation, step = timed(*prepared(1, "float32", Engine()))
    print(f"| one replica, one core | {step:.3f} | {step / one:.2f} | {compilation:.0f} s |")


def torch() -> tuple[float, float, int]:
    """Seconds per step and replica of PyTorch: one process of all cores, one process per core."""
    cores = machine.cores()
    script = Path(__file__).with_name("resnet20_torch.py")

    def run(threads: int, processes: int) -> float:
        command = [sys.executable, script, str(threads)]
        pipe = {"stdout": subprocess.PIPE, "text": True}
        running = [subprocess.Popen(command, **pipe) for _ in range(processes)]
        return max(float(p.communicate()[0]) for p in running) / processes

    return run(cores, 1), run(1, cores), cores


def profile(count: int) -> None:
    """Where the time of a step goes, by kind of operation, in the engine's own way."""
    recipe, stack = prepared(count, "float32", Engine())
    moment = rounds.create(recipe, stack)
    rounds.fit(recipe, stack, moment, 1)
    spent = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        with jax.profiler.trace(folder):
            rounds.fit(recipe, stack, moment, 4)
        (file,) = Path(folder).rglob("*.xplane.pb")
        for plane in jax.profiler.ProfileData.from_file(str(file)).planes:
            for line in plane.lines:
                for event in line.events:
                    if re.fullmatch(r"[a-z][\w-]*(\.\d+)*", event.name):
                        spent[event.name.split(".")[0]] += event.duration_ns
    total = sum(spent.values())
    print("\n| operations of a step | share |\n|---|---|")
    for name, value in spent.most_common(12):
        print(f"| {name} | {value / total:.1%} |")


def main() -> None:
    devices.use_all_cores()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicas", type=int, default=2 * machine.cores())
    parser.add_argument("--kinds", default="")
    asked = parser.parse_args()
    on_cpu(asked.replicas, asked.kinds)
    profile(1)


if __name__ == "__main__":
    main()
