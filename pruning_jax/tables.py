"""Tables for the terminal."""

from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from pruning_jax.analysis import summary


def accuracy(rows: Any, console: Console) -> None:
    """Prints test accuracy in %, mean +- half its 95 % interval over seeds: one table per
    noise rate, one line per round, one column per algorithm."""
    means: Any = summary.over_seeds(rows)
    algorithms = sorted(means["algorithm"].unique())
    for rate, part in means.groupby("noise_rate"):
        table = Table(title=f"Test accuracy (%) with {rate:.0%} label noise")
        for name in ("round", "density", *algorithms):
            table.add_column(name, justify="right")
        for round_, line in part.groupby("round"):
            density = line["density"].min()
            cells = {row.algorithm: _cell(row, density) for row in line.itertuples()}
            found = [cells.get(name, "") for name in algorithms]
            table.add_row(str(round_), f"{density:.1%}", *found)
        console.print(table)
    for row in rows[rows["diverged"]].itertuples():
        console.print(
            f"diverged: {row.algorithm}, noise {row.noise_rate:g}, seed {row.seed}, "
            f"in round {row.round}; it has no further rounds"
        )


def _cell(row: Any, density: float) -> str:
    """One mean with its interval, and its density if that is not the line's."""
    if pd.isna(row.mean):
        return "diverged"
    half = (row.high - row.low) / 2
    spread = "" if pd.isna(half) else f" ± {100 * half:4.1f}"
    other = f" at {row.density:.0%}" if row.density > 1.01 * density else ""
    return f"{100 * row.mean:.1f}{spread}{other}"
