"""A part of configs/mnist_descent.py, timed as a user runs it.

All five replicas are trained, for fewer epochs and rounds. The learning rate is constant, so that
an epoch is like any other.
"""

from collections.abc import Iterator

import pandas as pd

from benchmarks.parts import commands, pixels
from benchmarks.parts.setting import Fields, Rows, Setting

EPOCHS, ROUNDS = 160, 25
"""Of each round, and rounds of the whole experiment until the range of densities ends."""


def settings(tiny: bool) -> Fields:
    """What is changed of the configuration."""
    data = {"dataset": pixels.dataset("mnist", tiny)}
    if tiny:
        small = {"width": 0.1, "batch_size": 8, "epochs": 1, "rounds": 1}
        return {**data, **small, "grid__seeds": (0,)}
    return {**data, "epochs": 20, "rounds": 2}


def rows(setting: Setting) -> Rows:
    return {"run": lambda: _trained(setting)}


def _trained(setting: Setting) -> Iterator[Fields]:
    changed, workdir = settings(setting.tiny), setting.folder / "descent"
    words = commands.line("run", config="mnist_descent", workdir=workdir, **changed)
    _, seconds = commands.run(words, commands.environment(setting))
    found = pd.read_parquet(workdir / "rounds.parquet")
    last = found[found["round"] == found["round"].max()]  # its programs are compiled
    epoch = float(last.seconds.sum()) / changed["epochs"]
    yield {
        "replicas": len(last),
        "epochs": changed["epochs"],
        "rounds": int(found["round"].to_numpy().max()),
        "command_seconds": seconds,
        "training_seconds": float(found.seconds.sum()),
        "last_round_seconds": float(last.seconds.sum()),
        "whole_experiment_hours_at_this_speed": epoch * EPOCHS * (1 + ROUNDS) / 3600,
    }
