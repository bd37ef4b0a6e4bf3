"""Speed and memory of LeNet-300-100 on MNIST, batches of 128, beside PyTorch, in one run.

  python benchmarks/lenet_mnist.py

Prints the tables of docs/performance.md. PyTorch (`pip install -e '.[torch]'`) is optional;
without MNIST (TFDS_DATA_DIR) random images of the same sizes take its place. Takes minutes;
nothing else should run on the machine.
"""

import datetime
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pruning_jax import defaults, machine
from pruning_jax.data import sources
from pruning_jax.data.division import Division, divide
from pruning_jax.experiment.cells import Experiment
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.grid import opening, planning, resolve, stacks
from pruning_jax.grid.at_work import GroupRun
from pruning_jax.grid.groups import groups_of
from pruning_jax.pruning import rounds
from pruning_jax.pruning.moments import Stack
from pruning_jax.training import devices

CONFIG = Path(__file__).parents[1] / "configs" / "mnist_lenet.py"


def best(function: Callable[[], Any], repeats: int = 3) -> float:
    """The least seconds of some calls, after one that compiles."""
    function()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return min(times)


def prepared(seeds: int) -> tuple[Experiment, Division]:
    """MNIST, or random images, for this many seeds without noise."""
    config = defaults()
    config.dataset, config.exclude = "mnist", ("Dense_2",)
    config.grid.seeds = tuple(range(seeds))
    what = resolve.resolve(config)
    try:
        return what, divide(sources.load("mnist"), what.data)
    except ValueError as error:
        print(f"random images: {error}")
        division = planning.black(what)
        random = np.random.default_rng(0)
        shape = (len(division.labels), *what.recipe.image_shape)
        images = random.integers(0, 256, shape, np.uint8)
        return what, division._replace(images=images, labels=random.integers(0, 10, len(images)))


def stack(what: Experiment, division: Division) -> Stack:
    return stacks.trial(what, groups_of(what, 10**6)[0], division)


def matmul_rate() -> float:
    """Floating-point operations per second of a float32 product, all cores at work."""
    a = jnp.ones((2048, 2048))
    product = jax.jit(jnp.matmul)
    return 2 * 2048**3 / best(lambda: jax.block_until_ready(product(a, a)), 10)


def flops_per_epoch(recipe: Recipe) -> float:
    """Those of the matrix products: forward, both gradients, none for the input."""
    first, rest = 784 * 300, 300 * 100 + 100 * 10
    return recipe.steps_per_epoch * recipe.batch_size * 2 * (2 * first + 3 * rest)


def epochs(table: list[tuple[str, str]], rate: float) -> dict[int, float]:
    """Seconds per epoch and replica, and the memory that the images take."""
    seconds = {}
    for count in (1, 5, 10):
        what, division = prepared(count)
        stacked = stack(what, division)
        recipe = what.recipe
        moment = rounds.create(recipe, stacked)
        fit = lambda: rounds.fit(recipe, stacked, moment, recipe.steps_per_epoch)  # noqa: B023, E731
        seconds[count] = best(fit) / count
        share = flops_per_epoch(recipe) / seconds[count] / rate
        table.append((f"{count} replicas, seconds per epoch and replica", f"{seconds[count]:.3f}"))
        table.append((f"{count} replicas, fraction of the matrix-product rate", f"{share:.2f}"))
        assert stacked.images.pixels is not None
        each = {s.data.nbytes for s in stacked.images.pixels.addressable_shards}
        table.append((f"{count} replicas, images on each device", f"{max(each) / 1e6:.1f} MB"))
    return seconds


def torch_seconds(processes: int) -> list[float]:
    """Seconds per epoch of PyTorch's loop in each of some processes at once."""
    script = Path(__file__).with_name("lenet_torch.py")
    threads = str(max(1, (os.cpu_count() or 1) // processes))
    running = [
        subprocess.Popen([sys.executable, script, threads], stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    return [float(p.communicate()[0] or "nan") for p in running]


def overheads(table: list[tuple[str, str]], count: int = 10) -> None:
    """The seconds of all that is not training in a round of 40 epochs, for a whole stack."""
    what, division = prepared(count)
    group = groups_of(what, 10**6)[0]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        opening.prepare(place, what, division)
        run = GroupRun(what, group, division, place, checkpoint_minutes=10)
        recipe, algorithm = what.recipe, what.algorithms[0]
        moment = rounds.create(recipe, run.stack)
        moment = moment._replace(anchors={0: moment.state})
        epoch = best(lambda: rounds.fit(recipe, run.stack, moment, recipe.steps_per_epoch), 2)
        done = rounds.evaluated(run.work, run.stack, moment)
        assert done.outcome is not None
        done = done._replace(el2n=np.asarray(done.outcome.el2n))
        mask = rounds.prune(run.work, algorithm, run.stack, done, 1)
        parts = {
            "scoring and pruning": lambda: jax.block_until_ready(
                rounds.prune(run.work, algorithm, run.stack, done, 1)
            ),
            "rewinding": lambda: jax.block_until_ready(
                rounds.restart(run.work, algorithm, run.stack, done, mask, 1).state
            ),
            "evaluation of 70,000 examples": lambda: rounds.evaluate(recipe, run.stack, done),
            "files": lambda: run._record(algorithm, done, done),
            "checkpoint": lambda: run._save("round", algorithm.name, done),
        }
        training = 40 * epoch
        total = 0.0
        for name, function in parts.items():
            seconds = best(function)
            total += seconds
            table.append((f"a round of {count} replicas: {name}", f"{seconds:.2f} s"))
        table.append((f"a round of {count} replicas: training, 40 epochs", f"{training:.0f} s"))
        table.append(("share of all that is not training", f"{total / (total + training):.2%}"))


def start_up() -> float:
    """Seconds from the start of a process to its first trained steps, programs cached."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pruning_jax.run", f"--config={CONFIG}"]
        command += [f"--workdir={folder}", "--config.grid.algorithms=('lrr',)"]
        times = []
        for name in ("a", "b"):  # the first fills the cache
            command[-2] = f"--workdir={folder}/{name}"
            begin = time.perf_counter()
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                process.stdout.readline()  # the estimate, made from trained steps
                times.append(time.perf_counter() - begin)
                process.kill()
        return times[-1]


def main() -> None:
    devices.use_all_cores()
    machine.keep_programs()
    cores = os.cpu_count() or 1
    rate = matmul_rate()
    table = [("matrix products of 2048, float32, all cores", f"{rate / 1e9:.0f} GFLOP/s")]
    seconds = epochs(table, rate)
    try:
        one, each = torch_seconds(1)[0], torch_seconds(cores)
        table.append(("PyTorch, one process, seconds per epoch and replica", f"{one:.3f}"))
        per_replica = float(np.mean(each)) / cores
        table.append((f"PyTorch, {cores} processes of one thread, the same", f"{per_replica:.3f}"))
        table.append(("5 replicas / PyTorch, one process", f"{seconds[5] / one:.2f}"))
        table.append(
            (f"5 replicas / PyTorch, {cores} processes", f"{seconds[5] / per_replica:.2f}")
        )
    except ValueError:
        table.append(("PyTorch", "not installed"))
    overheads(table)
    table.append(("start to first trained steps, programs cached", f"{start_up():.1f} s"))
    print(f"{datetime.date.today()}, {platform.platform()}, {cores} cores, jax {jax.__version__}")
    print("| what | measured |\n|---|---|")
    print("\n".join(f"| {what} | {value} |" for what, value in table))


if __name__ == "__main__":
    main()
