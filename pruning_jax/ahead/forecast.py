"""What a configuration would be on devices that are not here: predicted by counting.

Every program that trains is compiled for the devices ahead of time, and what one step does is
counted in the result (`counts.py`). From that and from what the maker says of the device
(`kinds.py`) a lower bound of the step's time follows. Nothing runs, and nothing is measured.
"""

from collections.abc import Callable, Sequence

import jax

from pruning_jax.ahead import notes, programs, targets
from pruning_jax.ahead.counts import Counts
from pruning_jax.ahead.kinds import Kind
from pruning_jax.ahead.predicted import Bounds, Forecast, Forecasts
from pruning_jax.ahead.programs import Program
from pruning_jax.ahead.targets import Machine
from pruning_jax.data import sources
from pruning_jax.errors import said
from pruning_jax.experiment.cells import Experiment
from pruning_jax.experiment.config import Config
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.grid import cost, operations, session
from pruning_jax.grid.groups import Group, groups_of
from pruning_jax.training import devices
from pruning_jax.training.devices import REPLICA, Target


def forecast(config: Config, on: str, tell: Callable[[str], None] | None = None) -> Forecasts:
    """What a configuration would be on devices that are not here.

    It must be called before JAX is used, or where JAX uses the CPU. It takes a minute or more for
    each network.

    Args:
      on: a kind of device, and how many of them: "h100", "v5e-4"; `kinds.KINDS` has the names.
      tell: is given a line before each compilation.

    Raises:
      WrongUse: something in the configuration is not possible, or there are no such devices, or
        their compiler is not installed.
    """
    wanted = targets.machine(on)
    targets.stay_here()
    target = targets.target(wanted)
    experiment, said_of = session.checked(config, target)
    needed = _needed(config, experiment, target)
    recipe = experiment.recipe
    tell = tell or (lambda _: None)
    for line in (before := notes.before(recipe, wanted.kind)):
        tell(line)
    found = []
    for number, (program, groups) in enumerate(needed.items(), start=1):
        tell(f"compiling {number} of {len(needed)}: {_named(program)}")
        found.append(of_program(program, groups, wanted, target))
    return Forecasts(
        on=on,
        device=wanted.kind.title,
        devices=wanted.number,
        memory=target.memory or 0,
        dataset=experiment.data.dataset,
        model=recipe.model,
        batch_size=recipe.batch_size,
        precision=recipe.precision,
        programs=found,
        jax_version=jax.__version__,
        notes=[*said_of, *before, *notes.after(recipe, wanted.kind, found)],
    )


def _needed(config: Config, experiment: Experiment, target: Target) -> dict[Program, list[Group]]:
    """The programs of a grid, divided into groups as the devices would have them."""
    where, spec = session.elsewhere(config), sources.spec(experiment.data.dataset)
    at_once = where.replicas_at_once or cost.at_once(experiment, spec, target)
    examples = 0 if spec.streamed else spec.train_size + spec.test_size
    return programs.programs(groups_of(experiment, at_once), examples)


def _named(program: Program) -> str:
    recipe, count = program.recipe, program.replicas
    width = "" if recipe.width == 1 else f", width {recipe.width:.3g}"
    return f"{recipe.model}{width}, {count} replica{'s' if count > 1 else ''} at once"


def of_program(
    program: Program, groups: Sequence[Group], wanted: Machine, target: Target
) -> Forecast:
    """What the devices make of one program."""
    recipe, problem, memory, found = program.recipe, "", 0, Counts()
    try:
        made = programs.compiled(program, target)
        memory, found = needed_memory(made), programs.counted(program, made.as_text() or "")
    except jax.errors.JaxRuntimeError as error:
        problem = said(error)
    mesh = devices.mesh(recipe, program.replicas, target)
    each = devices.padded(recipe, program.replicas, target) // mesh.shape[REPLICA]
    together = each if recipe.engine.replicas == "vmap" else 1
    work = operations.step(recipe).operations * together / recipe.engine.batch_devices
    return Forecast(
        width=recipe.width,
        replicas=program.replicas,
        turns=each // together,
        way=recipe.engine.replicas,
        convolution=recipe.engine.convolution,
        groups=len(groups),
        steps=sum(cost.steps(group) for group in groups),
        problem=problem,
        memory=memory,
        fits=not problem and memory <= (target.memory or 0),
        operations=work,
        counts=found,
        bounds=bounds(recipe, found, work, wanted.kind),
    )


def needed_memory(made: jax.stages.Compiled) -> int:
    """The bytes of one device that a compiled program needs, its arguments included."""
    found = made.memory_analysis()
    if found is None:  # a platform that does not say
        return 0
    return (
        found.argument_size_in_bytes
        + found.output_size_in_bytes
        + found.temp_size_in_bytes
        + found.generated_code_size_in_bytes
        - found.alias_size_in_bytes
    )


def bounds(recipe: Recipe, found: Counts, work: float, kind: Kind) -> Bounds:
    """What a step takes at least on a kind of device, given its counts and its operations."""
    return Bounds(
        launches=found.kernels * kind.launch,
        bandwidth=found.bytes / kind.bandwidth,
        arithmetic=work / kind.peak[recipe.precision],
        estimated=found.cycles * kind.cycle,
    )
