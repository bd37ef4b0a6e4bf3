"""ResNet-20 on images of CIFAR-10's size: images per second under each way of computing."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from benchmarks.parts import kernels, networks, timing
from benchmarks.parts.setting import Fields, Rows, Setting
from pruning_jax.experiment.cells import Experiment
from pruning_jax.experiment.recipe import CONVOLUTIONS, PRECISIONS, REPLICAS
from pruning_jax.grid.groups import Group
from pruning_jax.pruning import rounds
from pruning_jax.training import devices, replicas


class Case(NamedTuple):
    """A row."""

    way: str  # of replicas
    convolution: str
    precision: str
    replicas: int
    variant: str = ""  # one of VARIANTS

    def __str__(self) -> str:
        own = f", {self.variant}" if self.variant else ""
        return f"{self.way}, {self.convolution}, {self.precision}, {self.replicas}{own}"

    def settled(self, tiny: bool) -> tuple[Experiment, Group]:
        """Its replicas."""
        return networks.resnet20(*self[:4], tiny=tiny, **VARIANTS[self.variant])


BUFFERS = "command buffers"

VARIANTS: dict[str, dict[str, str]] = {
    "": {},
    BUFFERS: {},
    "normalisation native": {"normalisation": "native"},
    "parameters leaves": {"parameters": "leaves"},
}
"""What a row has besides, as settings of the engine. With command buffers convolutions, too, are
recorded as CUDA graphs, which XLA does not do by itself: a step is then one launch by the host."""

RECORDED = "FUSION,CUBLAS,CUBLASLT,CUSTOM_CALL,CUDNN,CONVOLUTION"


@contextmanager
def recording(wanted: bool) -> Iterator[None]:
    """Compiles with command buffers that hold convolutions, if that is wanted."""
    if not wanted:
        yield
        return
    usual = devices.compiler_options
    devices.compiler_options = lambda _: {"xla_gpu_enable_command_buffer": RECORDED}
    replicas.program.cache_clear()
    try:
        yield
    finally:
        devices.compiler_options = usual
        replicas.program.cache_clear()


FIRST = [
    Case("turns", "native", "bfloat16", 1),
    Case("turns", "native", "bfloat16", 1, BUFFERS),
    Case("vmap", "gradient", "bfloat16", 16),
    Case("turns", "native", "bfloat16", 1, "normalisation native"),
    Case("turns", "native", "bfloat16", 1, "parameters leaves"),
    Case("turns", "native", "tensorfloat32", 1),
    Case("vmap", "native", "bfloat16", 16),
    Case("vmap", "gradient", "tensorfloat32", 16),
    Case("vmap", "gradient", "bfloat16", 64),
    Case("vmap", "patches", "bfloat16", 16),
    Case("turns", "native", "bfloat16", 16),
    Case("turns", "native", "float32", 1),
    Case("vmap", "gradient", "bfloat16", 4),
    Case("turns", "gradient", "bfloat16", 1),
    Case("vmap", "native", "tensorfloat32", 16),
    Case("unrolled", "native", "bfloat16", 4),
    Case("vmap", "native", "bfloat16", 64),
]
"""What decides which way is right comes first: the reference, the two that are expected to be
fastest, and what each of them would lose in another precision."""

COUNTS = (16, 4, 64, 1)

MOST_UNROLLED = 4
"""Unrolled replicas are compiled one by one: more of them would compile for minutes."""

TINY = [
    Case("turns", "gradient", "float32", 1),
    Case("vmap", "gradient", "float32", 2),
]

TRACED_STEPS = 32


def cases(tiny: bool) -> list[Case]:
    """All rows, the most important first. One replica by itself is the same in all three ways."""
    if tiny:
        return TINY
    every = [
        Case(way, convolution, precision, count)
        for count, way, convolution, precision in itertools.product(
            COUNTS, REPLICAS, CONVOLUTIONS, reversed(PRECISIONS)
        )
        if way == "turns" or 1 < count <= (MOST_UNROLLED if way == "unrolled" else count)
    ]
    return list(dict.fromkeys([*FIRST, *every]))


def rows(setting: Setting) -> Rows:
    """A trace is made where a way, convolution and precision stand together for the first time."""
    result, seen = {}, set()
    for case in cases(setting.tiny):
        result[str(case)] = partial(measure, setting, case, traced=case[:3] not in seen)
        seen.add(case[:3])
    return result


def measure(setting: Setting, case: Case, traced: bool) -> Iterator[Fields]:
    """The time of a step of all replicas, and where it goes."""
    with recording(case.variant == BUFFERS):
        yield from _measured(setting, case, traced)


def _measured(setting: Setting, case: Case, traced: bool) -> Iterator[Fields]:
    what, group = case.settled(setting.tiny)
    recipe, stack = group.recipe, networks.stacked(what, group)
    moment = rounds.create(recipe, stack)
    fit = partial(rounds.fit, recipe, stack, moment)
    times = timing.of_steps(fit, recipe.steps_per_epoch, setting.tiny)
    clocks = timing.clocks()
    rate = times.rate(case.replicas * recipe.batch_size)
    yield {
        **case._asdict(),
        "batch_size": recipe.batch_size,
        "images_per_second": rate,
        "times_first_row": timing.beside_first(setting, "resnet20", "images_per_second", rate),
        **times.fields(),
        **({} if setting.tiny else networks.of_peak("resnet20", case.precision, rate["best"])),
        **timing.memory(),
        **clocks,
    }
    if traced:
        together = 1 if case.way == "vmap" else case.replicas
        steps = 2 if setting.tiny else max(2, TRACED_STEPS // together)
        yield kernels.of_steps(fit, steps, times)
