"""How far a run is: what is done, what is at work and where, what is left, and how long it takes.

Everything is read from the files and the locks of a workdir, while processes work there.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from pruning_jax import screen
from pruning_jax.errors import WrongUse
from pruning_jax.experiment.cells import Cell, Experiment
from pruning_jax.experiment.families import families
from pruning_jax.wording import listed, moment, percent, several
from pruning_jax.workdir import forecast, given, presence
from pruning_jax.workdir.collect import collect
from pruning_jax.workdir.conditions import FINISHED, IMPOSSIBLE, STATES, found
from pruning_jax.workdir.damage import Damaged
from pruning_jax.workdir.described import described
from pruning_jax.workdir.forecast import Rows


@dataclass(frozen=True)
class Line:
    """One algorithm at one noise rate."""

    algorithm: str
    control_of: str  # the algorithm that it is a control of; "" for none
    noise_rate: float
    cells: int
    diverged: int  # of those that are finished
    rounds: int  # that are complete, in all cells
    states: dict[str, int]  # how many cells are in each of STATES


@dataclass(frozen=True)
class Working:
    """A process that works in the workdir now."""

    host: str
    pid: int
    job: str  # of a scheduler, if it is known
    since: str
    doing: str
    doing_since: str
    cells: list[list]  # algorithm, noise rate, seed of each cell that it holds


@dataclass(frozen=True)
class Standing:
    """How far a run is; printed, it is a page for people."""

    workdir: str
    finished: bool
    cells: int
    states: dict[str, int]  # how many cells are in each of STATES
    lines: list[Line]
    processes: list[Working]
    failures: list[str]  # how groups ended that ended with an error, a line each
    seconds_of_work: float | None  # what is left, for one process; None if nothing tells
    seconds_left: float | None  # for the processes that work now, if there are any
    problems: list[str] = field(default_factory=list)  # files that cannot be read

    def json(self) -> dict[str, Any]:
        """The standing as a JSON object."""
        return asdict(self)

    def __repr__(self) -> str:
        return screen.text(lambda console: show(self, console))


def standing(workdir: Path) -> Standing:
    """How far the run in a workdir is. It only reads.

    Raises:
      WrongUse: there is no run, or its configuration cannot be read.
    """
    given.run(workdir)
    try:
        experiment = described(workdir).experiment
    except Damaged as error:
        raise WrongUse(str(error)) from error
    run = collect(workdir)
    rows = forecast.by_cell(experiment, run.rows)
    processes = presence.alive(workdir)
    failures = presence.failures(workdir)
    failed = {number for failure in failures.values() for number in failure.cells}
    states = found(experiment, workdir, rows, processes, failed)
    counts = Counter(states.values())
    left = {cell for cell, state in states.items() if state not in (FINISHED, IMPOSSIBLE)}
    work = forecast.seconds(experiment, rows, left)
    return Standing(
        workdir=str(workdir),
        finished=not left,
        cells=len(states),
        states={state: counts[state] for state in STATES},
        lines=_lines(experiment, rows, states),
        processes=[_working(experiment, process) for process in processes],
        failures=[
            f"{f.error} (on {f.host}, process {f.pid}, {moment(f.when)})" for f in failures.values()
        ],
        seconds_of_work=work,
        seconds_left=_time_left(experiment, rows, left, work, processes),
        problems=run.problems,
    )


def _cells(experiment: Experiment, numbers: Iterable[int]) -> list[Cell]:
    """The cells with these places in the grid."""
    every = experiment.cells
    return [every[number] for number in numbers if 0 <= number < len(every)]


def _lines(experiment: Experiment, rows: Rows, states: dict[Cell, str]) -> list[Line]:
    lines = []
    for algorithm in experiment.algorithms:
        for rate in experiment.rates(algorithm):
            own = [Cell(algorithm.name, rate, seed) for seed in experiment.seeds]
            counts = Counter(states[cell] for cell in own)
            lines.append(
                Line(
                    algorithm=algorithm.name,
                    control_of=algorithm.control_of,
                    noise_rate=rate,
                    cells=len(own),
                    diverged=sum(any(r["diverged"] for r in rows.get(cell, [])) for cell in own),
                    rounds=sum(len(rows.get(cell, [])) for cell in own),
                    states={state: counts[state] for state in STATES},
                )
            )
    return lines


def _working(experiment: Experiment, process: presence.Process) -> Working:
    said = {name: value for name, value in asdict(process).items() if name != "cells"}
    return Working(**said, cells=[list(cell) for cell in _cells(experiment, process.cells)])


def _time_left(
    experiment: Experiment,
    rows: Rows,
    left: set[Cell],
    work: float | None,
    processes: Sequence[presence.Process],
) -> float | None:
    """The seconds that the processes at work need for what is left: they share it, but none shares
    the group that it has."""
    if work is None or not processes:
        return None
    own = [left & set(_cells(experiment, process.cells)) for process in processes]
    longest = max((forecast.seconds(experiment, rows, cells) or 0.0 for cells in own), default=0.0)
    return max(work / len(processes), longest)


def show(now: Standing, console: Console) -> None:
    """Prints the standing for people: the sum first, then algorithms and processes."""
    console.print(_summary(now), "", sep="\n")
    names = dict.fromkeys(line.algorithm for line in now.lines if line.control_of)
    left = {line.algorithm for line in now.lines if line.states[FINISHED] < line.cells}
    done = len([name for name in names if name not in left])
    table = screen.table("algorithm", "noise", "cells")
    mains = [(line.algorithm, [line]) for line in now.lines if not line.control_of]
    for name, lines in [*mains, *_controls(now.lines, [name for name in names if name in left])]:
        table.add_row(name, percent(lines[0].noise_rate), _cells_in_words(lines))
    console.print(table)
    if done:
        console.print(f"{several(done, 'control')}, {'all ' if done > 1 else ''}finished")
    if now.processes or now.failures or now.problems:
        console.print()
    for process in now.processes:
        console.print(_at_work(process))
    for line in now.failures:
        console.print(f"A group ended with an error and is taken last: {line}")
    for line in now.problems:
        console.print(line)


def _controls(lines: list[Line], names: list[str]) -> Iterator[tuple[str, list[Line]]]:
    """The lines of these controls: those of one family and noise rate together."""
    for family in families(names):
        alike: dict[float, list[Line]] = {}
        for line in lines:
            if line.algorithm in family.members:
                alike.setdefault(line.noise_rate, []).append(line)
        yield from ((family.name, own) for own in alike.values())


def _cells_in_words(lines: list[Line]) -> str:
    """How many cells are in which state."""
    parts = []
    for state in STATES:
        if count := sum(line.states[state] for line in lines):
            diverged = sum(line.diverged for line in lines) if state == FINISHED else 0
            parts.append(f"{count} {state}" + (f" ({diverged} diverged)" if diverged else ""))
    return ", ".join(parts)


def _at_work(process: Working) -> str:
    """What a process does, in a sentence."""
    job = f", job {process.job}," if process.job else ""
    line = f"Process {process.pid} on {process.host}{job} since {moment(process.since)}: "
    line += process.doing
    if not process.cells:
        return line
    names, rates, seeds = (
        list(dict.fromkeys(column)) for column in zip(*process.cells, strict=True)
    )
    more = [f"{len(names) - 2} more"] if len(names) > 2 else []
    noise, own = (", ".join(map(write, sorted(v))) for write, v in ((percent, rates), (str, seeds)))
    return (
        f"{line} {listed([*names[:2], *more])} since {moment(process.doing_since)} "
        f"(noise {noise}; seeds {own})"
    )


def _summary(now: Standing) -> str:
    """How much is done, and how long the rest takes."""
    rounds = sum(line.rounds for line in now.lines)
    line = f"{now.states[FINISHED]} of {several(now.cells, 'cell')} are finished"
    line += f" ({several(rounds, 'round')})"
    if count := now.states[IMPOSSIBLE]:
        line += f", {count} cannot run because the networks that decide their examples diverged"
    if now.finished:
        return f"{line}."
    count = len(now.processes)
    at_work = f"{count} processes are at work" if count > 1 else "1 process is at work"
    line += f". {at_work if count else 'Nobody is at work'}"
    if now.seconds_of_work is None:
        return f"{line}; how long the rest takes cannot be said yet."
    time = forecast.duration(now.seconds_left or now.seconds_of_work)
    return f"{line}; the rest takes about {time}{'' if count else ' for one process'}."
