"""Times and their spread."""

import statistics
import subprocess
import time
from collections.abc import Callable
from typing import NamedTuple

import jax

from benchmarks.parts.setting import Fields, Setting, found

CALLS, SECONDS = 5, 0.5
"""How many calls are timed, and how many seconds each takes at least, if it can have so many
steps."""

TINY_CALLS, TINY_SECONDS = 2, 0.01


class Times(NamedTuple):
    """The seconds of a step, in several calls of many steps, and those of compilation."""

    compilation: float
    steps: tuple[float, ...]

    @property
    def least(self) -> float:
        return min(self.steps)

    @property
    def median(self) -> float:
        return statistics.median(self.steps)

    def fields(self) -> Fields:
        """The times as fields."""
        return {
            "step_ms": {"least": 1e3 * self.least, "median": 1e3 * self.median},
            "compilation_seconds": self.compilation,
        }

    def rate(self, items: float) -> dict[str, float]:
        """How many of something are done per second, if a step does `items`."""
        return {"best": items / self.least, "median": items / self.median}


def of_steps(call: Callable[[int], object], most: int, tiny: bool) -> Times:
    """Times `call(steps)`, which must wait for its result.

    The first call compiles: what it takes beyond the second is the time of compilation. Steps are
    then doubled until a call takes long enough, so that what every call begins with counts little.

    Args:
      most: the most steps of a call.
    """

    def seconds(steps: int) -> float:
        begin = time.perf_counter()
        call(steps)
        return time.perf_counter() - begin

    calls, enough = (TINY_CALLS, TINY_SECONDS) if tiny else (CALLS, SECONDS)
    first, once, steps = seconds(1), seconds(1), 1
    while once < enough and steps < most:
        steps = min(2 * steps, most)
        once = seconds(steps)
    return Times(max(0.0, first - once), tuple(seconds(steps) / steps for _ in range(calls)))


def beside_first(
    setting: Setting, part: str, name: str, rate: dict[str, float]
) -> dict[str, float]:
    """A rate as a multiple of that of the part's first row that has one: best by best, and median
    by median."""
    rows = found(setting.lines).get(part, {}).values()
    first = next((row[name] for row in rows if name in row), rate)
    return {kind: value / first[kind] for kind, value in rate.items()}


def clocks() -> Fields:
    """The clocks (MHz) and the power (W) of the first GPU right now, if nvidia-smi tells."""
    asked = ("clocks.sm", "clocks.mem", "power.draw")
    told = nvidia_smi(*asked)
    return {"clocks": dict(zip(asked, told, strict=True))} if told else {}


def nvidia_smi(*asked: str) -> list[str]:
    """What nvidia-smi tells of the first GPU; nothing where there is none."""
    command = ["nvidia-smi", f"--query-gpu={','.join(asked)}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
        told = [value.strip() for value in done.stdout.splitlines()[0].split(",")]
    except (OSError, subprocess.SubprocessError, IndexError):
        return []
    return told if len(told) == len(asked) else []


def memory() -> Fields:
    """The most memory (GB) that this process has had in use on the first device so far."""
    statistics_ = jax.local_devices()[0].memory_stats() or {}
    most = statistics_.get("peak_bytes_in_use")
    return {} if most is None else {"most_memory_so_far_gb": most / 1e9}
