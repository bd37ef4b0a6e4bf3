"""It runs at all: a grid on scikit-learn's digits through `run`, and its files through `verify`."""

import re
from collections.abc import Iterator

import pandas as pd

from benchmarks.parts import commands
from benchmarks.parts.setting import Fields, Rows, Setting


def rows(setting: Setting) -> Rows:
    small = {**commands.SMALL, "width": 0.1} if setting.tiny else {}
    settings = {k.replace(".", "__"): v for k, v in {**commands.NO_CONTROLS, **small}.items()}
    environment = commands.environment(setting)

    def trained(name: str) -> Iterator[Fields]:
        workdir = setting.folder / name
        words = commands.line("run", config="smoke", workdir=workdir, **settings)
        _, seconds = commands.run(words, environment)
        found = pd.read_parquet(workdir / "rounds.parquet")
        yield {
            "command_seconds": seconds,
            "training_seconds": float(found.seconds.sum()),
            "rounds": len(found),
            "cells": len(found.drop_duplicates(["algorithm", "noise_rate", "seed"])),
            "diverged": int(found.diverged.sum()),
        }

    def verified() -> Iterator[Fields]:
        words = commands.line("verify", workdir=setting.folder / "first")
        printed, seconds = commands.run(words, environment)
        checks = len(re.findall(r"  ok$", printed, re.MULTILINE))
        yield {"command_seconds": seconds, "kinds_of_checks": checks}

    result: Rows = {"run, programs compiled": lambda: trained("first"), "verify": verified}
    if not setting.tiny:
        result["run, programs kept"] = lambda: trained("again")
    return result
