"""Replicas of a network, ready to be trained."""

import functools
from collections.abc import Mapping

import jax

from benchmarks.parts import pixels
from pruning_jax import defaults
from pruning_jax.data import sources
from pruning_jax.data.division import Division, divide
from pruning_jax.experiment.cells import Experiment
from pruning_jax.experiment.data import Data
from pruning_jax.grid import planning, resolve, stacks
from pruning_jax.grid.groups import Group, groups_of
from pruning_jax.pruning.moments import Stack
from pruning_jax.training import devices

RESNET20 = {
    "model": "resnet20",
    "batch_size": 128,
    "momentum": 0.9,
    "weight_decay": 1e-4,
    "augmentations": ("flip", "crop"),
}
LENET = {"model": "lenet_300_100", "batch_size": 128, "exclude": ("Dense_2",)}
RESNET50 = {
    "model": "resnet50",
    "dataset": "imagenet2012",
    "momentum": 0.9,
    "weight_decay": 1e-4,
    "augmentations": ("flip",),
}

TINY = {"width": 0.1, "batch_size": 8}
"""What makes any of them small."""

FLOPS = {"resnet20": 3 * 2 * 40.81e6, "resnet50": 3 * 2 * 4.089e9}
"""Of a step for each image: a product and a sum for each of 40.81 million and 4.089 billion weights
times the places where they are used, forward and twice backward."""

PEAKS = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "L4": 121e12, "T4": 65e12}
"""Operations on bfloat16 (on a T4 float16) per second, dense, by the vendor's data sheets."""

SHARES = {"bfloat16": 1.0, "tensorfloat32": 0.5}
"""How much of that other precisions have: the T4 has no TF32, and float32 is left out."""


def settled(
    replicas: int, engine: Mapping[str, str | int], **settings: object
) -> tuple[Experiment, Group]:
    """An experiment of one group, of so many replicas.

    Args:
      engine: settings of `config.engine`; what is not among them the program chooses.
      settings: of the configuration.
    """
    devices.use_all_cores()
    config = defaults()
    config.update(settings)
    config.grid.seeds = tuple(range(replicas))
    config.engine.update(engine)
    what = resolve.resolve(config)
    (group,) = groups_of(what, replicas)
    return what, group


def resnet20(
    way: str, convolution: str, precision: str, replicas: int, tiny: bool, **others: str
) -> tuple[Experiment, Group]:
    """Replicas of ResNet-20; `others` are further settings of the engine."""
    data, small = pixels.dataset("cifar10", tiny), TINY if tiny else {}
    engine = {"replicas": way, "convolution": convolution, **others}
    return settled(replicas, engine, **{**RESNET20, **small}, dataset=data, precision=precision)


def lenet(way: str, precision: str, replicas: int, tiny: bool) -> tuple[Experiment, Group]:
    """Replicas of LeNet-300-100."""
    data, small = pixels.dataset("mnist", tiny), TINY if tiny else {}
    settings = {**LENET, **small, "dataset": data, "precision": precision}
    return settled(replicas, {"replicas": way}, **settings)


def stacked(what: Experiment, group: Group) -> Stack:
    """The replicas of a group on the devices, with their images."""
    if sources.spec(what.data.dataset).streamed:
        return stacks.trial(what, group, planning.black(what))
    return stacks.trial(what, group, _division(what.data))


@functools.lru_cache(maxsize=1)  # rows differ in other things
def _division(data: Data) -> Division:
    return divide(sources.load(data.dataset), data)


def of_peak(model: str, precision: str, images_per_second: float) -> dict[str, float]:
    """The fraction of the arithmetic that all devices could do, where that is known."""
    kind = jax.devices()[0].device_kind
    peak = next((peak for name, peak in PEAKS.items() if name in kind), None)
    if peak is None or precision not in SHARES:
        return {}
    most = SHARES[precision] * peak * jax.device_count()
    return {"of_peak": images_per_second * FLOPS[model] / most}
