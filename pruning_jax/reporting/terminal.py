"""Tables for the terminal."""

import math
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from pruning_jax.analysis.claims.claims import claims, nothing_decided
from pruning_jax.analysis.curves import over_seeds
from pruning_jax.reporting import figures
from pruning_jax.reporting import verdicts as judged
from pruning_jax.reporting.tabular import Record, grouped, pick, records
from pruning_jax.workdir import locks, paths
from pruning_jax.workdir.attempt import attempt


def accuracy(rows: pd.DataFrame, console: Console) -> None:
    """Prints the test accuracy in per cent, and which cells diverged.

    There is one table for each noise rate, with one line for each round and one column for each
    algorithm. A cell is the mean over seeds and half of its 95 % interval.
    """
    means = records(over_seeds(rows))
    algorithms = sorted({str(row["algorithm"]) for row in means})
    for (rate,), part in grouped(means, "noise_rate").items():
        title = f"Test accuracy (%) with {rate:.0%} label noise"
        table = Table(title=title, caption="mean ± half of its 95 % interval over seeds")
        for name in ("round", "density", *algorithms):
            table.add_column(name, justify="right")
        by_round = grouped(part, "round")
        for (round_,) in sorted(by_round, key=lambda key: int(key[0])):
            line = {str(row["algorithm"]): row for row in by_round[round_,]}
            density = min(float(row["density"]) for row in line.values())
            cells = [_cell(line[name], density) if name in line else "" for name in algorithms]
            table.add_row(str(round_), f"{100 * density:.3g}%", *cells)
        console.print(table)
    every = records(rows.filter(["algorithm", "noise_rate", "seed", "round", "diverged"]))
    for row in pick(every, diverged=True):
        console.print(
            f"diverged: {row['algorithm']}, noise {row['noise_rate']:g}, seed {row['seed']}, "
            f"in round {row['round']}; this cell has no further rounds"
        )


def verdicts(rows: pd.DataFrame, console: Console) -> None:
    """Prints the verdicts on the four claims, or why there are none.

    There is one line for each claim and pruning algorithm, and one column for each noise rate.
    """
    problems: list[str] = []
    found = attempt(lambda: judged.sections({"claims": claims(rows)}), "the verdicts", problems)
    for problem in problems:
        console.print(problem)
    if not found:
        return
    rates = judged.rates(found)
    table = Table(
        title="Verdicts on the four claims", caption="docs/verdicts.md says what they mean"
    )
    heads = [rate.replace("label ", "") for rate in rates]  # so that three fit into 80 columns
    for name in ("claim", "algorithm", *heads):
        table.add_column(name)
    for claim in found:
        for algorithm, by_rate in claim.algorithms.items():
            cells = [by_rate[rate].verdict if rate in by_rate else "" for rate in rates]
            table.add_row(claim.short, algorithm, *cells)
    console.print(table)
    for claim in found:
        console.print(f"{claim.title}.", highlight=False)
    if few := nothing_decided(rows):
        console.print(few, highlight=False, style="bold")


def _cell(row: Record, density: float) -> str:
    """A mean with half of its interval, and its density if that is not the line's."""
    mean, low, high = (float(row[name]) for name in ("mean", "low", "high"))
    if math.isnan(mean):
        return "diverged"
    spread = "" if math.isnan(low) else f" ± {100 * (high - low) / 2:4.1f}"
    other = f" at {row['density']:.0%}" if float(row["density"]) > 1.01 * density else ""
    return f"{100 * mean:.1f}{spread}{other}"


def finished(workdir: Path, rows: pd.DataFrame, left: int, replicas: int) -> None:
    """Draws the accuracies of a run, and prints them with the verdicts and what is left to do.

    Args:
      left: how many of the grid's `replicas` are not finished.
    """
    main = rows.loc[rows["control_of"] == ""]
    if len(main):
        with locks.exclusive(workdir):  # because another process tidies the folder of figures
            figures.save(figures.accuracy(main), paths.figure(workdir, "accuracy", "png"))
        console = Console(width=None if Console().is_terminal else 160)
        accuracy(main, console)
        verdicts(rows, console)
    note = f"; {left} of {replicas} replicas are not finished" if left else ""
    written = f"{paths.union(workdir)}, figures in {paths.figures(workdir)}"
    print(f"{len(rows)} rows in {written}{note}")
