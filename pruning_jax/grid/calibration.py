"""How fast this machine is: a few numbers, measured once and kept in the user's cache."""

import dataclasses
import hashlib
import json
import os
import platform
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from pruning_jax import files, machine
from pruning_jax.experiment.recipe import Engine, Recipe
from pruning_jax.grid import operations
from pruning_jax.models.residual import cifar_resnet
from pruning_jax.pruning import rounds
from pruning_jax.pruning.moments import Stack
from pruning_jax.training import devices, replicas
from pruning_jax.training.examples import Images

resnet8 = partial(cifar_resnet, depth=8)
"""The network on which convolutions are calibrated."""


class Calibration(NamedTuple):
    """What a step of training takes on one device of this machine, in seconds.

    Networks of linear layers fit into a core's cache, so that their operations count, and a fixed
    cost of each step. Networks with convolutions do not, so that the bytes count that they move.
    """

    step: float = 1e-4  # the fixed cost of a step
    operation: float = 1e-11  # of linear layers
    byte: float = 7e-11  # moved by a network with convolutions
    example: float = 2e-7  # to shuffle the examples of an epoch, each
    measured: bool = False  # else these are the numbers of a usual core


TYPICAL = Calibration()
"""For a machine that is not calibrated yet, while a run corrects the time left by what it sees."""

WIDE = Recipe(
    batch_size=128, momentum=0.9, image_shape=(28, 28, 1), num_classes=10, train_size=2048
)
NARROW = dataclasses.replace(WIDE, width=0.03)


def kept() -> Path:
    """The file of this machine's calibration; another jax, backend or processor has another one."""
    kinds = [device.device_kind for device in jax.devices()]
    what = (jax.__version__, jax.default_backend(), kinds, platform.processor(), os.cpu_count())
    digest = hashlib.sha256(repr(what).encode()).hexdigest()[:12]
    return machine.directory() / f"calibration-{digest}.json"


def known() -> Calibration:
    """The calibration of this machine if there is one, else TYPICAL. Nothing is measured."""
    try:
        read = Calibration(**json.loads(kept().read_text()))
        sound = all(isinstance(v, bool) or 0 < v < 1 for v in read)
    except (OSError, ValueError, TypeError):  # there is none, or it is damaged
        return TYPICAL
    return read if sound else TYPICAL


def calibrated() -> Calibration:
    """The calibration of this machine, which is measured in some seconds where there is none."""
    found = known()
    if found.measured:
        return found
    measured = _measure()
    text = json.dumps(measured._asdict()).encode()
    files.replace(kept(), lambda file: file.write(text))
    return measured


def _measure() -> Calibration:
    """Times training steps of three small networks, with a replica on every device."""
    count = jax.device_count()
    wide, narrow = (_seconds(recipe, count, 16) for recipe in (WIDE, NARROW))
    works = [operations.step(recipe).operations for recipe in (WIDE, NARROW)]
    operation = max((wide - narrow) / (works[0] - works[1]), 1e-15)
    engine = Engine(convolution="gradient" if devices.on_cpu() else "native")
    convolutional = Recipe(
        model=f"{__name__}:resnet8",
        batch_size=32,
        momentum=0.9,
        image_shape=(32, 32, 3),
        num_classes=10,
        train_size=128,
        engine=engine,
    )
    byte = _seconds(convolutional, count, 4) / operations.step(convolutional).bytes
    shuffled = dataclasses.replace(NARROW, train_size=65_536)
    whole = _seconds(shuffled, count, 1, less=False)
    return Calibration(
        step=max(narrow - operation * works[1], 1e-7),
        operation=operation,
        byte=byte,
        example=max((whole - narrow) / shuffled.train_size, 1e-10),
        measured=True,
    )


def _seconds(recipe: Recipe, count: int, steps: int, less: bool = True) -> float:
    """The seconds of a step of `count` replicas, the best of some; `less`: without what a call of a
    single step takes."""
    keys = jax.random.split(jax.random.key(0), count)
    labels = np.zeros((count, recipe.train_size), np.int32)
    used = np.tile(np.arange(recipe.train_size, dtype=np.int32), (count, 1))
    pixels = np.zeros((recipe.train_size, *recipe.image_shape), np.uint8)
    moments = np.zeros(recipe.image_shape[-1], np.float32)
    images = replicas.share(recipe, (pixels, moments, moments + 1), count)
    stack = Stack(*replicas.stack(recipe, (keys, labels, used), count), images=Images(*images))
    moment = rounds.create(recipe, stack)

    def best(stop: int) -> float:
        rounds.fit(recipe, stack, moment, stop)  # compiles
        times = []
        for _ in range(3):
            begin = _clock()
            rounds.fit(recipe, stack, moment, stop)
            times.append(_clock() - begin)
        return min(times)

    if not less:
        return best(steps)
    return max(best(steps) - best(1), 1e-9) / (steps - 1)


def _clock() -> float:
    """A time in seconds. On CPUs it is the time that each core has worked, so that other programs
    on the machine are not taken for slowness."""
    if devices.on_cpu():
        return time.process_time() / jax.device_count()
    return time.perf_counter()
