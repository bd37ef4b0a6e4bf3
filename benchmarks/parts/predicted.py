"""Predicted against measured: what was said of the rows of other parts before they were run."""

import runpy
from collections.abc import Callable, Iterator
from functools import partial

import pruning_jax
from benchmarks.parts import descent, networks
from benchmarks.parts.resnet20 import Case
from benchmarks.parts.setting import ROOT, Fields, Rows, Setting, found
from pruning_jax.ahead import forecast
from pruning_jax.ahead.kinds import KINDS
from pruning_jax.ahead.programs import Program
from pruning_jax.ahead.targets import Machine
from pruning_jax.experiment.cells import Experiment
from pruning_jax.grid import calibration, estimate, planning
from pruning_jax.grid.groups import Group
from pruning_jax.training import devices


def by_plan(what: Experiment, group: Group) -> float:
    """The seconds of a step as `plan` estimates them, from a calibration of this machine."""
    recipe, examples = group.recipe, len(planning.black(what).labels)
    prices = calibration.calibrated(recipe)
    return estimate.speed(recipe, len(group.bases), examples, prices).step


def by_counting(what: Experiment, group: Group) -> float | None:
    """The least seconds of a step that `plan --on` finds for the kind of device that is here.

    None for a kind that it does not know. On a CPU, where the benchmark is tiny, an H100 stands in.
    """
    target = devices.here()
    title = KINDS["h100"].title if target.on_cpu else target.devices[0].device_kind
    known = [(name, kind) for name, kind in KINDS.items() if kind.title == title]
    if not known:
        return None
    program = Program(group.recipe, len(group.bases), len(planning.black(what).labels))
    machine = Machine(known[0][0], known[0][1], len(target.devices))
    return forecast.of_program(program, [group], machine, target).seconds


PREDICTORS: dict[str, Callable[[Experiment, Group], float | None]] = {
    "plan": by_plan,
    "plan_on": by_counting,
}
"""Each predicts the seconds of a step of all replicas of a group, or nothing."""


def rows(setting: Setting) -> Rows:
    """A row for each that was timed, and for the command of `descent`."""
    timed = found(setting.lines)
    result: Rows = {}
    if command := timed.get("descent", {}).get("run", {}).get("command_seconds"):
        result["descent, run"] = partial(_descent, setting, command)
    steps = [
        (part, name, row)
        for part in ("resnet20", "lenet")
        for name, row in timed.get(part, {}).items()
        if "step_ms" in row
    ]
    for part, name, row in steps:
        result[f"{part}, {name}"] = partial(_step, setting, part, row)
    return result


def _step(setting: Setting, part: str, row: Fields) -> Iterator[Fields]:
    """The step of a row of `resnet20` or `lenet`."""
    if part == "resnet20":
        what, group = Case(*(row[name] for name in Case._fields)).settled(setting.tiny)
    else:
        what, group = networks.lenet(row["way"], row["precision"], row["replicas"], setting.tiny)
    measured = row["step_ms"]["median"]
    yield {"measured_step_ms": measured}
    for name, predict in PREDICTORS.items():
        seconds = predict(what, group)
        if seconds is not None:
            said = 1e3 * seconds
            yield {f"{name}_step_ms": said, f"{name}_times_measured": said / measured}


def _descent(setting: Setting, command_seconds: float) -> Iterator[Fields]:
    """The command of the part `descent`, compilation included."""
    config = runpy.run_path(str(ROOT / "configs" / "mnist_descent.py"))["get_config"]()
    changed = {n.replace("__", "."): v for n, v in descent.settings(setting.tiny).items()}
    config.update_from_flattened_dict(changed)
    said = pruning_jax.plan(config).seconds
    yield {
        "measured_seconds": command_seconds,
        "plan_seconds": said,
        "plan_times_measured": said / command_seconds,
    }
