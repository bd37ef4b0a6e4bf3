"""What the verdicts on a planned grid would find, for the terminal."""

from math import exp, isnan
from typing import cast

import pandas as pd
from rich.console import Console
from rich.table import Table

from pruning_jax.analysis.power.needed import MOST, POWER
from pruning_jax.analysis.power.power import ACCURACIES, FACTORS, Power
from pruning_jax.reporting.claims import short
from pruning_jax.reporting.tabular import Record, grouped, records
from pruning_jax.reporting.verdicts import LOGARITHM
from pruning_jax.reporting.wording import listed

HEADS = {
    False: [f"{100 * effect:g}" for effect in ACCURACIES],
    True: [f"{factor:g}" for factor in FACTORS],
}
"""The effects as they head their columns, without and with a logarithm."""

UNITS = {False: "points of test accuracy", True: "factors of training loss"}
"""In what they are."""

NOTES = (
    "An effect is at one density, and the same in all that a claim wants to be above 0. Where "
    "networks collapse, densities are at most so many. 'none': no effect is enough, because two "
    "networks that are equivalent are not seen to be. Standard deviations over seeds of the "
    "differences:"
)


def show(power: Power, console: Console) -> None:
    """Prints the smallest effects that the grid finds and the seeds that effects need: one table
    for accuracies, one for training losses. Algorithms that are alike share a line."""
    if not len(power.table):
        console.print("No algorithm of the grid prunes, so that the claims do not arise.")
        return
    every = {str(name) for name in power.table["algorithm"]}
    untested = cast(pd.DataFrame, power.table[power.table["lacking"] != ""])
    for logarithm, heads in HEADS.items():
        tested = (power.table["lacking"] == "") & ((power.table["claim"] == 2) == logarithm)
        part = records(cast(pd.DataFrame, power.table[tested]))
        if not part:
            continue
        table = Table(title=f"Seeds that {UNITS[logarithm]} need for a power of {POWER:.0%}")
        seeds = max(int(row["seeds"]) for row in part)
        for name in ("claim", "noise", "algorithms", "densities", f"{seeds} seeds find", *heads):
            table.add_column(name)
        for (claim, noise, *said), names in _alike(part, logarithm).items():
            table.add_row(claim, noise, _names(names, every), *said)
        console.print(table)
    for (claim, noise, why), names in _alike(records(untested), False).items():
        console.print(f"{claim}, {noise} noise, {_names(names, every)}: {why}")
    console.print(NOTES)
    for line in _spreads(power):
        console.print(line)


def _alike(rows: list[Record], logarithm: bool) -> dict[tuple[str, ...], list[str]]:
    """What is said of a claim at a noise rate, and the algorithms of which it is said."""
    names: dict[tuple[str, ...], list[str]] = {}
    for (claim, rate, name), own in grouped(rows, "claim", "noise_rate", "algorithm").items():
        first = own[0]
        said = [str(first["lacking"])]
        if not first["lacking"]:
            said = [str(first["densities"]), effect(float(first["smallest_effect"]), logarithm)]
            said += [_count(float(row["seeds_needed"])) for row in own]
        key = (short(int(claim)), f"{100 * float(rate):.3g} %", *said)
        names.setdefault(key, []).append(str(name))
    return names


def _names(names: list[str], every: set[str]) -> str:
    """Some algorithms out of all."""
    return "all" if every == {*names} else listed(names)


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


def _spreads(power: Power) -> list[str]:
    """The spreads that the numbers follow from, a line for each noise rate."""
    return [
        f"{100 * rate:.3g} % label noise: "
        + ", ".join(
            f"{name} {spread:.3g}" if name == LOGARITHM else f"{name} {100 * spread:.3g} points"
            for name, spread in spreads.items()
        )
        for rate, spreads in power.spreads.items()
    ]
