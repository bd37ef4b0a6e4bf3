"""How a run was made: from its configuration, as far as it can be read, and from its rows."""

import math
import shlex

import pandas as pd

from pruning_jax.reporting.facts import Facts
from pruning_jax.reporting.tabular import Value, records
from pruning_jax.wording import several
from pruning_jax.workdir import stamp
from pruning_jax.workdir.collect import Run

UNKNOWN = "not recorded"

RECIPE = (
    "epochs",
    "batch_size",
    "optimizer",
    "learning_rate",
    "momentum",
    "weight_decay",
    "schedule",
)


def only(rows: pd.DataFrame, column: str) -> str:
    """What a column says. All rows of a run agree; those of an old version may say nothing."""
    return next((str(v) for v in rows[column] if isinstance(v, str)), f"unknown {column}")


def at(config: object, *names: str) -> object:
    """An entry of the configuration; UNKNOWN where there is none."""
    for name in names:
        if not isinstance(config, dict) or name not in config:
            return UNKNOWN
        config = config[name]
    return config


def words(value: object) -> str:
    """An entry of a configuration in words.

    >>> words({"optimizer": "sgd", "momentum": None, "devices": ["cpu", "cpu"]})
    'optimizer sgd, momentum none, devices cpu, cpu'
    """
    if isinstance(value, dict):
        return ", ".join(f"{name} {words(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(words, value)) or "none"
    return "none" if value in (None, "") else str(value)


def described(run: Run, facts: Facts) -> dict[str, list[str]]:
    """How the run was made: terms, and what is said of each."""
    config = run.config
    recipe = ", ".join(
        f"{name.replace('_', ' ')} {words(at(config, 'experiment', 'recipe', name))}"
        for name in RECIPE
    )
    weights = f"{facts.weights:,.0f}" if facts.weights else UNKNOWN
    return {
        "data": [words(at(config, "experiment", "data"))],
        "network": [f"{only(run.rows, 'model')}, {weights} prunable weights"],
        "training": [recipe],
        "training examples": [words(at(config, "experiment", "recipe", "train_size"))],
        **progress(run),
        "cost": [cost(run.rows)],
        "devices": [words(at(config, "devices"))],
        "processor": [words(at(config, "processor"))],
        "precision": [words(at(config, "experiment", "recipe", "precision"))],
        "versions": [words(at(config, "versions"))],
        "git commit": [words(at(config, "git_commit"))],
        "configuration hash": [words(at(config, "hash"))],
        "verified": [stamp.verdict(run)],
    }


def progress(run: Run) -> dict[str, list[str]]:
    """How far the run has come."""
    cells = run.rows.groupby(["algorithm", "noise_rate", "seed"]).ngroups
    asked = f" of {len(run.experiment.cells)}" if run.experiment else ""
    rounds = several(len(run.rows), "round")
    finished = "every cell is finished" if run.experiment else "what was asked for is not known"
    return {
        "cells": [f"{cells}{asked} have begun; together they have completed {rounds}"],
        "unfinished": run.unfinished or [finished],
        "diverged": run.diverged or ["no cell"],
        "unreadable": run.problems or ["no file"],
    }


SHARED = ("width", "without", "noise_rate", "seed")
"""What networks have in common that share their round 0."""


def cost(rows: pd.DataFrame) -> str:
    """The time that training and evaluation took; a round 0 that cells share counts once."""
    shared: dict[tuple[Value, ...], float] = {}
    rest = 0.0
    for row in records(rows.filter([*SHARED, "round", "seconds"])):
        seconds = float(row["seconds"])
        seconds = seconds if math.isfinite(seconds) else 0.0  # a damaged row does not know
        if row["round"] == 0 and row["without"] in ("", "noisy"):
            key = tuple(row[name] for name in SHARED)
            shared[key] = max(seconds, shared.get(key, 0.0))
        else:
            rest += seconds
    total = rest + sum(shared.values())
    scale = f"{total / 3600:.1f} hours" if total > 5400 else f"{total / 60:.1f} minutes"
    return f"{scale} of training and evaluation, summed over all processes ({total:,.0f} s)"


def commands(run: Run) -> list[str]:
    """The commands that make the run and this report."""
    place = shlex.quote(str(run.workdir))
    command = at(run.config, "command")
    if isinstance(command, list):
        command = shlex.join(map(str, command))
    if command == UNKNOWN:
        command = f"(not recorded) python -m pruning_jax.run --config=... --workdir={place}"
    return [str(command), f"python -m pruning_jax.report --workdir={place}"]
