"""What the page says of a run, section by section."""

import json
import re
import shlex
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd

import pruning_jax
from pruning_jax import listing
from pruning_jax.analysis.attempt import attempt
from pruning_jax.analysis.collect import Run
from pruning_jax.charts import Chart, axes
from pruning_jax.charts.facts import Facts, noise
from pruning_jax.listing import Listing
from pruning_jax.page import Claim, Content, Verdict

Tables = Mapping[str, pd.DataFrame]

CLAIMS = {
    1: (
        "1. Size reduction is not enough",
        "The best pruned network has a higher test accuracy than a dense one of as many weights.",
    ),
    2: (
        "2. Better training",
        "At some densities the training loss of pruned networks is below that of the dense one.",
    ),
    3: (
        "3. Additional regularization",
        "At some densities noisy examples cost pruned networks less test accuracy than the dense "
        "one.",
    ),
    4: (
        "4. Two factors",
        "Extended training time improves training, reduced size adds regularization, and both "
        "together do as well as pruning.",
    ),
}

UNKNOWN = "not recorded"


def content(
    run: Run, tables: Tables, facts: Facts, charts: list[Chart], problems: list[str]
) -> Content:
    """All that the page says."""
    verdicts = attempt(lambda: claims(tables["claims"]), "the verdicts", problems) or []
    listings = [_listing(name, tables, problems) for name in listing.KINDS]
    dump = attempt(lambda: json.dumps(run.config, indent=2), "the configuration", problems)
    how = attempt(lambda: described(run, facts), "how it was run", problems) or []
    dataset, model = (_first(run.rows, name) for name in ("dataset", "model"))
    return Content(
        title=f"{dataset}, {model}: does pruning improve generalization, and why?",
        lead=lead(run, facts),
        made=f"{datetime.now():%-d %B %Y, %H:%M} · pruning_jax {pruning_jax.__version__}",
        problems=[*run.problems, *run.unfinished, *run.diverged, *problems],
        claims=verdicts,
        no_claims="there is nothing to judge",
        facts=facts,
        charts=charts,
        tables=frozenset(name for name, table in tables.items() if len(table)),
        listings=listings,
        run=how,
        commands=commands(run),
        config=dump if run.config and dump else "",
    )


def _first(rows: Any, column: str) -> str:
    """What a column says, if it says one thing."""
    found = rows[column].dropna().unique()
    return str(found[0]) if len(found) else f"unknown {column}"


def lead(run: Run, facts: Facts) -> str:
    """What was run, in a sentence."""
    rows: Any = run.rows
    seeds = rows["seed"].nunique()
    rates = ", ".join(axes.percent(rate) for rate in facts.rates)
    weights = f", {facts.weights:,.0f} prunable weights" if facts.weights else ""
    return (
        f"{', '.join(facts.algorithms)}; {seeds} seed{'s' if seeds != 1 else ''}; label noise "
        f"{rates}; densities down to {axes.percent(min(facts.pruned.values()))}{weights}. "
        "Intervals have 95 % confidence and are over seeds; comparisons are of the same seed and "
        "noise."
    )


def claims(table: Any) -> list[Claim]:
    """The verdicts by claim, in order of the noise rates."""
    found = []
    for number, part in table.sort_values(["claim", "noise_rate"]).groupby("claim"):
        rows = [
            Verdict(noise(row.noise_rate), str(row.verdict), typeset(row.sentence), effect(row))
            for row in part.itertuples()
        ]
        found.append(Claim(*CLAIMS.get(number, (f"Claim {number}", "")), tuple(rows)))
    return found


def typeset(sentence: Any) -> str:
    """A sentence with signs for minus, and no line break before a sign for per cent."""
    text = re.sub(r"(?<!\w)-(?=\d)", "\N{MINUS SIGN}", str(sentence))
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def effect(row: Any) -> str:
    """The effect of a claim with its interval."""
    if pd.isna(row.effect):
        return ""
    if row.claim == 2:
        write, what = listing.number(3, sign=True), "log ratio of training losses"
    else:
        write, what = (
            listing.POINTS,
            "points of " + ("accuracy degradation" if row.claim == 3 else "test accuracy"),
        )
    interval = listing.interval(row.low, row.high, write) or " (no interval)"
    density = "" if pd.isna(row.density) else f" at density {axes.percent(row.density)}"
    count = f"{row.replicates:.0f} replicate{'s' if row.replicates != 1 else ''}"
    return f"Effect {write(row.effect)}{interval} {what}{density}, {count}"


def _listing(name: str, tables: Tables, problems: list[str]) -> Listing:
    made = None
    if name in tables:
        made = attempt(lambda: listing.listing(name, tables[name]), f"table {name}", problems)
    kind = listing.KINDS[name]
    return made or Listing(name, kind.title, kind.caption, missing="It cannot be computed.")


def at(config: Any, *names: str) -> Any:
    """An entry of the configuration; UNKNOWN where there is none."""
    for name in names:
        if not isinstance(config, dict) or name not in config:
            return UNKNOWN
        config = config[name]
    return config


def words(value: Any) -> str:
    """An entry of a configuration in words."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {words(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(words, value)) or "none"
    return "none" if value in (None, "") else str(value)


RECIPE = (
    "epochs",
    "batch_size",
    "optimizer",
    "learning_rate",
    "momentum",
    "weight_decay",
    "schedule",
)


def described(run: Run, facts: Facts) -> list[tuple[str, list[str]]]:
    """How it was run, as terms and what is said of them."""
    config, rows = run.config, run.rows
    recipe = ", ".join(
        f"{name.replace('_', ' ')} {words(at(config, 'experiment', 'recipe', name))}"
        for name in RECIPE
    )
    cells = rows.groupby(["algorithm", "noise_rate", "seed"]).ngroups
    asked = f" of {len(run.experiment.cells)}" if run.experiment else ""
    weights = f"{facts.weights:,.0f}" if facts.weights else UNKNOWN
    finished = "every cell is finished" if run.experiment else "what was asked for is not known"
    said = {
        "data": words(at(config, "experiment", "data")),
        "network": f"{_first(rows, 'model')}, {weights} prunable weights",
        "training": recipe,
        "training examples": words(at(config, "experiment", "recipe", "train_size")),
        "cells": f"{cells}{asked} have begun; {len(rows):,} rounds are complete",
        "missing": run.unfinished or finished,
        "diverged": run.diverged or "none",
        "unreadable": run.problems or "none",
        "cost": cost(rows),
        "devices": words(at(config, "devices")),
        "precision": words(at(config, "experiment", "recipe", "precision")),
        "versions": words(at(config, "versions")),
        "git commit": words(at(config, "git_commit")),
        "configuration hash": words(at(config, "hash")),
    }
    return [(term, [one] if isinstance(one, str) else one) for term, one in said.items()]


SHARED = ["width", "without", "noise_rate", "seed"]
"""What networks have in common that share their round 0."""


def cost(rows: Any) -> str:
    """The time that training took."""
    first = rows[(rows["round"] == 0) & rows["without"].isin(["", "noisy"])]
    rest = rows.drop(first.index)
    seconds = first.groupby(SHARED)["seconds"].max().sum() + rest["seconds"].sum()
    scale = f"{seconds / 3600:.1f} hours" if seconds > 5400 else f"{seconds / 60:.1f} minutes"
    return f"{scale} of training and evaluation, summed over processes ({seconds:,.0f} s)"


def commands(run: Run) -> list[str]:
    """The commands that make the run and this report."""
    place = shlex.quote(str(run.workdir))
    command = at(run.config, "command")
    if isinstance(command, list):
        command = shlex.join(map(str, command))
    if command == UNKNOWN:
        command = f"(not recorded) python -m pruning_jax.run --config=... --workdir={place}"
    return [str(command), f"python -m pruning_jax.report --workdir={place}"]
