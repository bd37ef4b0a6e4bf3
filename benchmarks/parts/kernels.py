"""Where the time of a step goes, by group of kernels, from a trace of JAX's profiler."""

import collections
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax

from benchmarks.parts.setting import Fields
from benchmarks.parts.timing import Times

GROUPS = {
    "collectives": r"nccl|all-?(reduce|gather|to-?all)|collective",
    "convolutions": r"conv(?!ert)|fprop|dgrad|wgrad|cudnn|winograd",
    "products": r"gemm|nvjet|cublas|cutlass|dot|matmul|ynn",
    "copies": r"mem(cpy|set)|copy|transpose|nchw|nhwc|concatenate|pad|slice|gather|scatter|bitcast",
    "reductions": r"reduc",
    "random numbers, sorting": r"rng|threefry|sort|shift|xor",
    "other fusions": r"fusion|wrapped|convert|loop_|elemental",
}
"""Groups by what the names of their kernels have in them; a kernel belongs to the first that fits.
The names of libraries' own kernels say what they do, and those that XLA makes are called after the
operations in them: `input_reduce_fusion`, `loop_convert_fusion`. On a CPU `ynn` is its library for
products, and for convolutions as well."""

LOOPS = r"(while|call|conditional|tuple)[.\d]*"
"""Operations of XLA on CPUs that last as long as the others inside them."""

TOP = 25
"""How many kernels are listed by name."""


class Event(NamedTuple):
    """Something that a device did."""

    name: str
    milliseconds: float


def of_steps(call: Callable[[int], object], steps: int, times: Times) -> Fields:
    """The kernels of a step on each device: how many, their milliseconds, together and by group,
    and which part of the step's time that is. In what is left of it the device waits.

    What a call does once, before its first step, is counted among its steps.

    Args:
      call: makes so many steps, waits for the result, and has been called before.
      times: of the same steps without a trace.
    """
    options = jax.profiler.ProfileOptions()
    options.python_tracer_level = 0  # the calls of Python are many, and none of them is a kernel
    with tempfile.TemporaryDirectory() as folder:
        with jax.profiler.trace(folder, profiler_options=options):
            call(steps)
        (file,) = Path(folder).rglob("*.xplane.pb")
        planes = list(jax.profiler.ProfileData.from_file(str(file)).planes)
    devices = [plane for plane in planes if re.match(r"/device:(GPU|TPU)", plane.name)]
    events = list(_events(devices) if devices else _events_on_cpu(planes))
    each = steps * max(1, len(devices))
    groups: dict[str, float] = collections.defaultdict(float)
    kernels: dict[str, float] = collections.defaultdict(float)
    for event in events:
        groups[group(event.name)] += event.milliseconds / each
        kernels[event.name] += event.milliseconds / each
    return {
        "kernels_per_step": len(events) / each,
        "kernels_ms": sum(groups.values()),
        "kernels_of_step": sum(groups.values()) / (1e3 * times.median),
        "groups_ms": {name: round(value, 4) for name, value in _largest(groups)},
        "traced_steps": steps,
        "kernels": _largest(kernels)[:TOP],
    }


def _largest(times: dict[str, float]) -> list[tuple[str, float]]:
    """Names with their times, the longest first."""
    return sorted(times.items(), key=lambda item: -item[1])


def group(name: str) -> str:
    """The group of a kernel.

    >>> group("sm90_xmma_fprop_implicit_gemm_bf16"), group("loop_convert_fusion_3")
    ('convolutions', 'other fusions')
    """
    return next((g for g, words in GROUPS.items() if re.search(words, name, re.I)), "others")


def _events(devices: list[Any]) -> Iterator[Event]:
    """What devices did: of a GPU each stream has a line, and other lines say the same once more by
    operation; of a TPU the line of operations counts."""
    for plane in devices:
        for line in plane.lines:
            if re.match(r"Stream|XLA Ops", line.name):
                for event in line.events:
                    yield Event(event.name, event.duration_ns / 1e6)


def _events_on_cpu(planes: list[Any]) -> Iterator[Event]:
    """What all cores did together: the threads of XLA do other things, too, and operations are
    known by the form of their names."""
    for plane in planes:
        for line in plane.lines:
            for event in line.events if line.name.startswith("tf_XLA") else ():
                name = event.name
                if re.fullmatch(r"[a-z][\w-]*(\.\d+)*", name) and not re.fullmatch(LOOPS, name):
                    yield Event(name, event.duration_ns / 1e6)
