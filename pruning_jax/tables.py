"""Tables for the terminal."""

from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from pruning_jax.analysis import summary


def accuracy(rows: Any, console: Console) -> None:
    """Prints test accuracy in %, mean +- half its 95 % interval over seeds: one table per
    noise rate, one line per round, one column per algorithm."""
    means = summary.over_seeds(rows)
    algorithms = list(dict.fromkeys(rows["algorithm"]))
    for rate, part in means.groupby("noise_rate"):
        table = Table(title=f"Test accuracy (%) with {rate:.0%} label noise")
        table.add_column("round", justify="right")
        for name in algorithms:
            table.add_column(name, justify="right")
        cells = part.set_index(["round", "algorithm"])
        for round_ in sorted(part["round"].unique()):
            found = [
                _cell(cells.loc[(round_, name)]) if (round_, name) in cells.index else ""
                for name in algorithms
            ]
            table.add_row(str(round_), *found)
        console.print(table)
    diverged = rows[rows["diverged"]]
    for row in diverged.itertuples():
        console.print(
            f"diverged: {row.algorithm}, noise {row.noise_rate:g}, seed {row.seed}, "
            f"in round {row.round}; it has no further rounds"
        )


def _cell(row: Any) -> str:
    half = (row["high"] - row["low"]) / 2
    spread = "" if pd.isna(half) else f" ± {100 * half:4.1f}"
    return f"{row['density']:6.1%}: {100 * row['mean']:.1f}{spread}"
