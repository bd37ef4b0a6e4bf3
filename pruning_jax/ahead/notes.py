"""What a user should know about a forecast, a line each."""

from collections.abc import Sequence

from pruning_jax.ahead.kinds import Kind
from pruning_jax.ahead.predicted import Forecast
from pruning_jax.experiment.recipe import PRECISIONS, Recipe
from pruning_jax.grid import operations


def before(recipe: Recipe, kind: Kind) -> list[str]:
    """What is known before anything is compiled."""
    if recipe.precision == "bfloat16":
        return []
    if kind.platform != "tpu":
        return [_unused(recipe, kind)]
    passes = {"float32": "six", "tensorfloat32": "three"}[recipe.precision]
    convolutional = operations.convolutional(recipe)
    long = "; with convolutions it compiles for many minutes" if convolutional else ""
    return [
        f"note: a TPU multiplies bfloat16 alone, so that {recipe.precision} takes {passes} passes"
        f"{long}; --config.precision=bfloat16 is what it is made for"
    ]


def _unused(recipe: Recipe, kind: Kind) -> str:
    """What products of matrices could gain in other precisions."""
    times = {name: kind.peak[name] / kind.peak[recipe.precision] for name in PRECISIONS}
    faster = [f"{gain:.2g} times in {name}" for name, gain in times.items() if gain > 1]
    return (
        f"note: products of matrices take {recipe.precision}; at the device's peak they would be as"
        f" fast {' and '.join(faster)}, which are rounded more: --config.precision=bfloat16"
    )


def after(recipe: Recipe, kind: Kind, found: Sequence[Forecast]) -> list[str]:
    """What the compiled programs show."""
    lines = [
        f"note: {_named(each)} does not compile: {each.problem}" for each in found if each.problem
    ]
    if kind.gpu and operations.convolutional(recipe):
        lines.append(
            "note: nothing is tuned without a device, so that the library's convolutions are not "
            "the final ones"
        )
    for each in found:
        if each.problem:
            continue
        if not each.fits:
            lines.append(f"note: {_named(each)} does not fit into memory")
        if each.counts.loops:
            turns = ", ".join(str(n) if n else "an unknown number of" for n in each.counts.loops)
            lines.append(
                f"note: a step of {_named(each)} has loops of {turns} turns inside, one turn after "
                "the other"
            )
        if each.counts.transfers:
            lines.append(f"note: a step of {_named(each)} waits for the host")
        if each.counts.collectives and recipe.engine.batch_devices == 1:
            lines.append(f"note: replicas of {_named(each)} send each other something")
    return lines


def _named(each: Forecast) -> str:
    return f"width {each.width:.3g} with {each.replicas} replicas at once"
