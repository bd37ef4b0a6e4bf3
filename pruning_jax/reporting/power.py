"""What the verdicts on a planned grid would find, for the terminal."""

from math import exp, isnan
from typing import cast

import pandas as pd
from rich.console import Console
from rich.table import Table

from pruning_jax import screen
from pruning_jax.analysis.power.needed import MOST, POWER
from pruning_jax.analysis.power.power import ACCURACIES, FACTORS, Power
from pruning_jax.reporting.claims import short
from pruning_jax.reporting.tabular import Record, grouped, records
from pruning_jax.reporting.verdicts import EFFECTS, LOGARITHM
from pruning_jax.wording import listed, percent, several

HEADS = {
    False: [f"{100 * effect:g}" for effect in ACCURACIES],
    True: [f"{factor:g}" for factor in FACTORS],
}
"""The effects as they head their columns, without and with a logarithm."""

UNITS = {
    False: ("test accuracy", "points"),
    True: ("training loss, which is so many times lower", "times"),
}
"""On what they are, and in what unit."""

NOTES = (
    "An effect is at one density, and the same in all that a claim wants to be above 0. Where "
    "networks collapse, densities are at most so many. 'none': no effect is enough, because two "
    "networks that are equivalent are not seen to be."
)


def show(power: Power, console: Console) -> None:
    """Prints the smallest effects that the grid finds and the seeds that effects need: one table
    for accuracies, one for training losses. Algorithms that are alike share a line."""
    if not len(power.table):
        console.print("No algorithm of the grid prunes, so that the claims do not arise.")
        return
    every = {str(name) for name in power.table["algorithm"]}
    untested = cast(pd.DataFrame, power.table[power.table["lacking"] != ""])
    for logarithm in HEADS:
        tested = (power.table["lacking"] == "") & ((power.table["claim"] == 2) == logarithm)
        part = records(cast(pd.DataFrame, power.table[tested]))
        if part:
            _show_effects(part, every, logarithm, console)
    for (claim, noise, why), names in _alike(records(untested), False).items():
        which = f"{claim}, {noise} label noise, {_names(names, every)}"
        console.print(f"{which}: not tested, because {why}")
    console.print("", NOTES, "", _spreads(power), sep="\n")


def _show_effects(part: list[Record], every: set[str], logarithm: bool, console: Console) -> None:
    """Prints a table of effects of one unit, with what its columns mean above it."""
    what, unit = UNITS[logarithm]
    seeds = several(max(int(row["seeds"]) for row in part), "seed")
    console.print(
        f"\nEffects on {what}, and how many seeds find them with a power of "
        f"{percent(POWER)}, that is in four of five cases. '{seeds} find': the smallest effect "
        f"that the grid finds so. '{HEADS[logarithm][0]} {unit}' and so on: how many seeds an "
        "effect of this size needs. 'densities': over how many a claim is tested.\n"
    )
    lines = _alike(part, logarithm)
    alike = all({*names} == every for names in lines.values())
    sizes = [f"{head}\n{unit}" for head in HEADS[logarithm]]
    numbers = ("densities", f"{seeds}\nfind", *sizes)
    heads = ("claim", "noise", *([] if alike else ["algorithms"]), *numbers)
    table = screen.table(*heads, numbers=numbers)
    for (claim, noise, *said), names in lines.items():
        table.add_row(claim, noise, *([] if alike else [_names(names, every)]), *said)
    console.print(table)


def _alike(rows: list[Record], logarithm: bool) -> dict[tuple[str, ...], list[str]]:
    """What is said of a claim at a noise rate, and the algorithms of which it is said."""
    names: dict[tuple[str, ...], list[str]] = {}
    for (claim, rate, name), own in grouped(rows, "claim", "noise_rate", "algorithm").items():
        first = own[0]
        said = [str(first["lacking"])]
        if not first["lacking"]:
            said = [str(first["densities"]), effect(float(first["smallest_effect"]), logarithm)]
            said += [_count(float(row["seeds_needed"])) for row in own]
        key = (short(int(claim)), percent(float(rate)), *said)
        names.setdefault(key, []).append(str(name))
    return names


def _names(names: list[str], every: set[str]) -> str:
    """Some algorithms out of all."""
    return "all algorithms" if every == {*names} else listed(names)


def effect(size: float, logarithm: bool) -> str:
    """An effect in its unit (`UNITS`).

    >>> effect(0.0123, False), effect(0.6931, True)
    ('1.23', '2')
    """
    if isnan(size):
        return "none"
    return f"{exp(size):.3g}" if logarithm else f"{100 * size:.3g}"


def _count(seeds: float) -> str:
    """A number of seeds."""
    return f"> {MOST}" if isnan(seeds) else f"{seeds:.0f}"


def _spreads(power: Power) -> Table:
    """The spreads that the numbers follow from, a row for each measure."""
    rates = [percent(rate) for rate in power.spreads]
    head = "standard deviation over seeds, by label noise"
    table = screen.table(head, *rates, numbers=(*rates,))
    for measure in dict.fromkeys(name for own in power.spreads.values() for name in own):
        known = [own[measure] for own in power.spreads.values()]
        points = [
            f"factor {exp(size):.3g}" if measure == LOGARITHM else f"{100 * size:.3g} points"
            for size in known
        ]
        table.add_row(EFFECTS[measure], *points)
    return table
