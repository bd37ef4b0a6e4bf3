"""Tables for the terminal."""

import math
import shlex
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from pruning_jax import screen, wording
from pruning_jax.analysis.claims.claims import claims, nothing_decided
from pruning_jax.analysis.curves import over_seeds
from pruning_jax.reporting import figures
from pruning_jax.reporting import verdicts as judged
from pruning_jax.reporting.tabular import Record, grouped, pick, records
from pruning_jax.wording import percent
from pruning_jax.workdir import locks, paths
from pruning_jax.workdir.attempt import attempt


def accuracy(rows: pd.DataFrame, console: Console) -> None:
    """Prints the test accuracy in per cent, and which cells diverged.

    For each noise rate there is a line for each round and density, and a column for each algorithm,
    with the mean over seeds and half of its 95 % interval; a mean that lacks seeds says of how many
    it is instead. An algorithm that is never pruned has its density in the head. Where the columns
    are too many for the console, there are several tables.
    """
    seeds = len({*rows["seed"]})
    means = [{**row, "cell": _cell(row, seeds)} for row in records(over_seeds(rows))]
    for (rate,), part in grouped(means, "noise_rate").items():
        columns = {str(name): own for (name,), own in grouped(part, "algorithm").items()}
        title = f"Test accuracy (%) with {wording.noise(float(rate))}, ± half of its 95 % interval"
        for names in _side_by_side(columns, console.width):
            console.print(f"{title}\n")
            console.print(_accuracies({name: columns[name] for name in names}), "")
    if lacking := [row for row in means if 0 < int(row["replicates"]) < seeds]:
        fewest = min(int(row["replicates"]) for row in lacking)
        console.print(
            f"({fewest}/{seeds}) stands behind the mean of {fewest} of {seeds} seeds: the others "
            "diverged, ended in an earlier round, or are not finished\n"
        )
    every = records(rows.filter(["algorithm", "noise_rate", "seed", "round", "diverged"]))
    for row in pick(every, diverged=True):
        console.print(
            f"diverged: {row['algorithm']}, {wording.noise(float(row['noise_rate']))}, seed "
            f"{row['seed']}, in round {row['round']}; this cell has no further rounds"
        )


def _side_by_side(columns: dict[str, list[Record]], width: int) -> list[list[str]]:
    """The algorithms of each table, as many as have room; each has one at least."""
    tables, room = [], 0
    for name in sorted(columns):
        own = 2 + max(len(name), *(len(str(row["cell"])) for row in columns[name]))
        if own > room:
            tables.append([])
            room = width - len("round  0.00681 %  ")
        tables[-1].append(name)
        room -= own
    return tables


def _accuracies(columns: dict[str, list[Record]]) -> Table:
    """A table with a column for each of these algorithms."""
    whole = {n for n, own in columns.items() if all(float(row["density"]) == 1 for row in own)}
    heads = [f"{name}\n({percent(1.0)})" if name in whole else name for name in columns]
    table = screen.table("round", "density", *heads, numbers=("round", "density", *heads))
    rounds = {int(row["round"]) for own in columns.values() for row in own}
    line_of = dict.fromkeys(rounds, 1.0)  # where the networks stand that are not pruned
    lines: dict[tuple[int, float], dict[str, str]] = {}
    for name, own in sorted(columns.items(), key=lambda item: item[0] in whole):
        for row in own:
            round_, density = int(row["round"]), float(f"{float(row['density']):.3g}")
            if name not in whole:
                line_of[round_] = density
            lines.setdefault((round_, -line_of[round_]), {})[name] = str(row["cell"])
    for (round_, density), cells in sorted(lines.items()):
        table.add_row(str(round_), percent(-density), *(cells.get(name, "") for name in columns))
    return table


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
    heads = [rate.replace("label ", "") for rate in rates]  # so that three fit into 80 columns
    table = screen.table("claim", "algorithm", *heads)
    for claim in found:
        for algorithm, by_rate in claim.algorithms.items():
            lines = [by_rate.get(rate) for rate in rates]
            cells = [f"{line.verdict}{line.mark}" if line else "" for line in lines]
            table.add_row(claim.short, algorithm, *cells)
    console.print("Verdicts on the four claims; docs/verdicts.md says what they mean\n")
    console.print(table, "")
    if note := judged.footnote(found):
        console.print(f"{note}\n", highlight=False)
    for claim in found:
        console.print(f"{claim.title}.", highlight=False)
    if few := nothing_decided(rows):
        console.print(few, highlight=False, style="bold")


def _cell(row: Record, seeds: int) -> str:
    """A mean with half of its interval, or with the number of its seeds if it lacks some."""
    mean, low, high = (float(row[name]) for name in ("mean", "low", "high"))
    if math.isnan(mean):
        return "diverged"
    if (own := int(row["replicates"])) < seeds:
        return f"{100 * mean:.1f} ({own}/{seeds})"
    return f"{100 * mean:.1f}" + ("" if math.isnan(low) else f" ± {100 * (high - low) / 2:4.1f}")


def finished(workdir: Path, rows: pd.DataFrame, left: int, replicas: int) -> None:
    """Draws the accuracies of a run, and prints them with the verdicts, what is left to do and how
    the report is made.

    Args:
      left: how many of the grid's `replicas` are not finished.
    """
    main = rows.loc[rows["control_of"] == ""]
    if len(main):
        with locks.exclusive(workdir):  # because another process tidies the folder of figures
            figures.save(figures.accuracy(main), paths.figure(workdir, "accuracy", "png"))
        console = screen.console()
        accuracy(main, console)
        verdicts(rows, console)
    note = f"; {left} of {replicas} replicas are not finished" if left else ""
    written = f"{paths.union(workdir)}, figures in {paths.figures(workdir)}"
    print(f"{len(rows)} rows in {written}{note}")
    print(f"For the report: python -m pruning_jax.report --workdir={shlex.quote(str(workdir))}")
