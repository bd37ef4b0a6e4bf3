"""What a configuration would run, as numbers and as a page for people."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from rich.console import Console

from pruning_jax import screen
from pruning_jax.experiment.families import families
from pruning_jax.experiment.record import Json
from pruning_jax.grid.opening import size
from pruning_jax.wording import percent, several
from pruning_jax.workdir.forecast import duration


@dataclass(frozen=True)
class PlannedGroup:
    """A group of a plan."""

    process: int  # the one that is expected to take it
    replicas: int
    algorithms: list[str]
    cells: list[list]  # algorithm, noise rate, seed of each
    width: float
    train_examples: int
    steps: int  # of each replica
    seconds: float
    bytes: int  # of memory


@dataclass(frozen=True)
class Plan:
    """What would run; printed, it is a page for people."""

    dataset: str
    model: str
    epochs: int
    steps_per_epoch: int
    train_examples: int
    cells: int
    groups: list[PlannedGroup]
    algorithms: dict[str, list[str]]  # criterion and rewind of each
    controls: dict[str, str]  # those that are controls, and of which algorithm
    rounds: dict[str, int]
    densities: dict[str, list[float]]
    collapses: dict[str, bool]  # whether rounds and densities end earlier if the network collapses
    weights_total: int
    steps: int
    seconds: float  # from the start to the end of the last process
    process_seconds: list[float]  # how long each process works
    disk_bytes: int
    devices: list[str]
    estimated: bool  # whether the seconds are estimated; else a few steps were timed
    notes: list[str]  # what a user should know before it runs

    def json(self) -> Json:
        """The plan as a JSON object."""
        return asdict(self)

    @property
    def balance(self) -> float:
        """How much longer than the mean the process works that works longest; 1 is best."""
        return max(self.process_seconds) * len(self.process_seconds) / sum(self.process_seconds)

    def __repr__(self) -> str:
        return screen.text(lambda console: show(self, console))


def show(plan: Plan, console: Console, *, groups: bool = False) -> None:
    """Prints a plan for people: the sum first, then the algorithms and their controls.

    Args:
      groups: whether the groups that are trained at once are listed, too.
    """
    console.print(_summary(plan), _about(plan), sep="\n\n")
    run = dict.fromkeys(name for group in plan.groups for name, *_ in group.cells)
    _show_algorithms(plan, [name for name in run if name not in plan.controls], console)
    _show_controls(plan, [name for name in run if name in plan.controls], console)
    if groups:
        _show_groups(plan, console)
    if len(plan.process_seconds) > 1:
        _show_processes(plan, console)


def _most(plan: Plan) -> str:
    """What stands before numbers that are smaller if networks collapse early."""
    return "at most " if any(plan.collapses.values()) else ""


def _summary(plan: Plan) -> str:
    """What all of it takes, in a sentence."""
    devices = " and ".join(
        several(count, f"{'CPU' if kind == 'cpu' else kind} device")
        for kind, count in Counter(plan.devices).items()
    )
    return (
        f"{several(plan.cells, 'cell')} (algorithm, noise rate, seed) take "
        f"{_most(plan) or 'about '}{duration(plan.seconds)} on {devices}, and about "
        f"{size(plan.disk_bytes)} of files."
    )


def _about(plan: Plan) -> str:
    """What is trained, and where the time is known from."""
    how = (
        "estimated from the operations and bytes of a step and a calibration of this machine"
        if plan.estimated
        else "measured on a few steps"
    )
    return (
        f"{plan.dataset}, {plan.model} with {plan.weights_total:,} prunable weights, "
        f"{plan.train_examples:,} training examples, {plan.epochs} epochs of "
        f"{plan.steps_per_epoch} steps; {_most(plan)}{plan.steps:,} steps in all. The time is "
        f"{how}."
    )


def _show_algorithms(plan: Plan, names: Iterable[str], console: Console) -> None:
    table = screen.table("algorithm", "rounds", "lowest density", "criterion", "rewind")
    for name in names:
        criterion, rewind = plan.algorithms[name]
        # Whole weights remain, of which the report speaks: 3 of 50,200, where 3.4 were asked for.
        last = round(plan.weights_total * plan.densities[name][-1]) / plan.weights_total
        criterion = criterion if last < 1 else "nothing is pruned"
        table.add_row(name, _rounds(plan, [name]), percent(last), criterion, rewind)
    console.print("", table, sep="\n")


def _show_controls(plan: Plan, names: Iterable[str], console: Console) -> None:
    """Prints the controls, of which those that differ in a width or a round alone share a row."""
    found = families(names)
    if not found:
        return
    several_in_one = any(family.varied for family in found)
    table = screen.table("control", "rounds", *["* stands for"] * several_in_one)
    for family in found:
        varied = [family.varied] * several_in_one
        table.add_row(family.name, _rounds(plan, family.members), *varied)
    console.print("", table, sep="\n")


def _rounds(plan: Plan, names: Iterable[str]) -> str:
    """How many rounds some algorithms have."""
    counts = sorted({plan.rounds[name] for name in names})
    most = "at most " if any(plan.collapses[name] for name in names) else ""
    return most + " to ".join(map(str, dict.fromkeys([counts[0], counts[-1]])))


def _show_groups(plan: Plan, console: Console) -> None:
    heads = ("group", "replicas", "algorithms", "cells", "steps each", "memory", "time")
    table = screen.table(*heads, numbers=heads)
    for number, group in enumerate(plan.groups, start=1):
        counts = (number, group.replicas, len(group.algorithms), len(group.cells))
        table.add_row(
            *map(str, counts), f"{group.steps:,}", size(group.bytes), duration(group.seconds)
        )
    console.print("", table, sep="\n")


def _show_processes(plan: Plan, console: Console) -> None:
    """Prints which groups each process is expected to take, and how evenly they work."""
    table = screen.table("process", "groups, in their order", "cells", "time")
    for number, seconds in enumerate(plan.process_seconds, start=1):
        own = {i: g for i, g in enumerate(plan.groups, start=1) if g.process == number}
        cells = str(sum(len(group.cells) for group in own.values()))
        table.add_row(str(number), ", ".join(map(str, own)), cells, duration(seconds))
    console.print("", table, sep="\n")
    console.print(
        f"{len(plan.process_seconds)} processes; the one that works longest works "
        f"{plan.balance:.2f} times as long as the mean"
    )
