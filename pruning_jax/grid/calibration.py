"""How fast this machine is: the prices of what a training step does, measured once and kept."""

import hashlib
import json
import platform
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from flax import linen as nn
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Float, PyTree

from pruning_jax import files, machine
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.grid import operations
from pruning_jax.grid.operations import Count
from pruning_jax.models import convolution, layers
from pruning_jax.training import devices
from pruning_jax.types import PRNGKey


class Prices(NamedTuple):
    """The seconds that one device needs for what a training step does."""

    operation: float  # on floating-point numbers
    byte: float  # of operands and results
    instruction: float  # however small its operands are
    example: float  # to shuffle the examples of an epoch

    def of(self, count: Count) -> float:
        """The seconds of a program."""
        return (
            self.operation * count.operations
            + self.byte * count.bytes
            + self.instruction * count.instructions
        )


TYPICAL = Prices(operation=6e-12, byte=1.4e-11, instruction=3e-8, example=2e-7)
"""The prices of one core of a Xeon, for a machine that has not been calibrated yet."""

TYPICAL_CONVOLUTIONAL = TYPICAL._replace(byte=6e-11)
"""The same for networks with convolutions: their activations do not fit into a core's cache."""


class Sample(NamedTuple):
    """A small network whose training step is timed: some layers, all with as many units."""

    units: int
    shape: tuple[int, ...]  # of its input: [batch, inputs] or [batch, height, width, channels]


TINY = Sample(4, (4, 4))
LINEAR = (Sample(300, (128, 784)), Sample(32, (128, 784)), Sample(100, (64, 64)))
TINY_CONVOLUTIONAL = Sample(4, (4, 4, 4, 4))
CONVOLUTIONAL = (
    Sample(16, (64, 32, 32, 16)),
    Sample(128, (64, 8, 8, 128)),
    Sample(4, (64, 32, 32, 4)),
)
"""The first is like ResNet-20, the second has more operations for each byte, the third fewer."""

ON_ACCELERATORS = 16
"""How many times larger the batches of samples are there, because small ones leave them idle."""


def path(recipe: Recipe) -> Path:
    """The file of the prices that hold for a recipe on this machine."""
    what = json.dumps(_circumstances(recipe)).encode()
    return machine.directory() / f"calibration-{hashlib.sha256(what).hexdigest()[:12]}.json"


def _circumstances(recipe: Recipe) -> list[str | int]:
    """What prices depend on."""
    layers = recipe.engine.convolution if operations.convolutional(recipe) else "linear"
    kinds = [device.device_kind for device in jax.devices()]
    versions = [jax.__version__, jax.default_backend()]
    return [platform.node(), machine.cores(), *kinds, *versions, recipe.precision, layers]


def known(recipe: Recipe) -> Prices | None:
    """The prices that hold for a recipe on this machine, or None where they are not known yet."""
    try:
        prices = Prices(**json.loads(path(recipe).read_text())["prices"])
        sound = all(0 <= price < 1 for price in prices) and sum(prices[:3]) > 0
    except (OSError, ValueError, KeyError, TypeError):  # there is none, or it is damaged
        return None
    return prices if sound else None


def typical(recipe: Recipe) -> Prices:
    """Prices for a recipe on a machine of which nothing is known."""
    return TYPICAL_CONVOLUTIONAL if operations.convolutional(recipe) else TYPICAL


def calibrated(recipe: Recipe) -> Prices:
    """The prices that hold for a recipe on this machine.

    Where they are not known yet they are measured, which takes some seconds, and kept.
    """
    if prices := known(recipe):
        return prices
    prices = _measure(recipe)
    content = {"of": _circumstances(recipe), "prices": prices._asdict()}
    with suppress(OSError):  # a cache that cannot be written: then without
        files.replace(path(recipe), lambda file: file.write(json.dumps(content).encode()))
    return prices


def _measure(recipe: Recipe) -> Prices:
    """The prices that explain best how long the steps of some small networks take."""
    convolutional = operations.convolutional(recipe)
    samples, tiny = (CONVOLUTIONAL, TINY_CONVOLUTIONAL) if convolutional else (LINEAR, TINY)
    if not devices.on_cpu():
        samples = [s._replace(shape=(ON_ACCELERATORS * s.shape[0], *s.shape[1:])) for s in samples]
    counts, seconds = zip(*(_timed(recipe, sample) for sample in (*samples, tiny)), strict=True)
    operation, byte, instruction = _explained(counts, seconds)
    return Prices(operation, byte, instruction, example=_shuffling())


def _explained(counts: tuple[Count, ...], seconds: tuple[float, ...]) -> list[float]:
    """Prices, none of them negative, with the least squares of relative errors."""
    from scipy.optimize import nnls  # here: half a second that a calibrated machine need not wait

    known, times = np.array(counts), np.array(seconds)
    scale = known.max(0)  # because operations are many and their price is small
    scaled, _ = nnls(known / scale / times[:, None], np.ones(len(times)))
    return [float(price) for price in scaled / scale]


class _Network(nn.Module):
    """Two convolutions with normalisation, or three linear layers; with ReLU after each."""

    units: int
    convolve: Callable[..., Array] | None

    @nn.compact
    def __call__(self, x: Float[Array, "n ..."]) -> Float[Array, "n ..."]:
        for _ in range(2 if x.ndim == 4 else 3):
            if x.ndim == 4:
                convolved = layers.conv(x, self.units, convolve=self.convolve)
                x = nn.relu(layers.norm(convolved, train=True))
            else:
                x = nn.relu(layers.dense(x, self.units))
        return x


def _timed(recipe: Recipe, sample: Sample) -> tuple[Count, float]:
    """What a step of a sample does, and its seconds inside a loop, as in training."""
    network = _Network(sample.units, convolution.chosen(recipe))
    kind = np.float32 if recipe.precision != "bfloat16" else jax.numpy.bfloat16
    inputs = np.random.default_rng(0).normal(size=sample.shape).astype(kind)
    shapes = jax.eval_shape(network.init, jax.random.key(0), inputs)
    variables = jax.tree.map(lambda leaf: np.full(leaf.shape, 0.01, leaf.dtype), shapes)

    def loss(params: PyTree, state: PyTree, x: Array) -> tuple[Array, PyTree]:
        out, changed = network.apply({**state, "params": params}, x, mutable=["batch_stats"])
        return (out.astype(np.float32) ** 2).mean(), changed

    def step(variables: PyTree, x: Array) -> PyTree:
        state = {name: v for name, v in variables.items() if name != "params"}
        with jax.default_matmul_precision(recipe.precision):
            gradient, state = jax.grad(loss, has_aux=True)(variables["params"], state, x)
        new = jax.tree.map(lambda p, g: p - 1e-3 * g, variables["params"], gradient)
        return {**state, "params": new}

    return operations.counted(step, variables, inputs), _in_loop(step, variables, inputs)


def _shuffling(examples: int = 10_000) -> float:
    """The seconds for each example of a shuffled epoch."""

    def shuffled(order: Array, key: PRNGKey) -> Array:
        return jax.random.permutation(jax.random.fold_in(key, order[0]), order)

    return _in_loop(shuffled, np.arange(examples), jax.random.key(0)) / examples


def _in_loop(function: Callable[..., PyTree], start: PyTree, constant: PyTree) -> float:
    """The seconds of `x = function(x, constant)` in a loop, while all devices do the same."""
    mesh = Mesh(np.array(jax.devices()), ("device",))
    everywhere = PartitionSpec()

    def many(count: Array, x: PyTree, constant: PyTree) -> PyTree:
        return jax.lax.fori_loop(0, count, lambda _, x: function(x, constant), x)

    divided = jax.shard_map(
        many, mesh=mesh, in_specs=everywhere, out_specs=everywhere, check_vma=False
    )
    options = devices.compiler_options(mesh.devices.flat[0].platform)
    program = jax.jit(divided, compiler_options=options)
    start, constant = jax.device_put((start, constant), NamedSharding(mesh, everywhere))

    def seconds(count: int) -> float:
        begin = _clock()
        jax.block_until_ready(program(np.int32(count), start, constant))
        return _clock() - begin

    count = 1
    seconds(count)  # compiles
    while seconds(count) < 0.02:
        count *= 4
    return min(seconds(count) for _ in range(3)) / count


def _clock() -> float:
    """A time in seconds. On CPUs it is the time that a core has worked, so that other programs
    on the machine are not taken for slowness."""
    if devices.on_cpu():
        return time.process_time() / min(machine.cores(), jax.device_count())
    return time.perf_counter()
