"""What the parts of benchmarks/accelerator.py have in common: their names, what they are given, and
the lines in which they say what they have found.

Nothing here needs JAX, nor any package at all, so that the process that starts the parts survives
whatever is missing or broken.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

ROOT = Path(__file__).parents[2]

Fields: TypeAlias = dict[str, Any]
"""What a row has found: numbers with their unit in the name, words, and small dicts of these."""

Rows: TypeAlias = dict[str, Callable[[], Iterator[Fields]]]
"""The rows of a part by name, the most important first. Each gives some fields at a time, so that
what it has found before it fails is kept."""

Found: TypeAlias = dict[str, dict[str, Fields]]
"""The fields of parts and rows."""


class Part(NamedTuple):
    """A part of the benchmark; the module of its name, beside this one, has `rows(setting)`."""

    title: str
    share: float  # of the whole time; what a part leaves over, those after it may use
    least: float  # the seconds without which it is not even begun, on an accelerator


PARTS = {
    "device": Part("The machine, as JAX sees it", 0.06, 5),
    "smoke": Part("It runs at all: a small grid through the commands", 0.20, 20),
    "resnet20": Part("ResNet-20 on images of CIFAR-10's size", 0.28, 30),
    "bits": Part("The same bits: of two runs, and after a kill", 0.15, 30),
    "lenet": Part("LeNet-300-100 on images of MNIST's size", 0.08, 20),
    "descent": Part("A part of configs/mnist_descent.py through the command", 0.07, 20),
    "resnet50": Part("ResNet-50 on images of ImageNet's size", 0.09, 25),
    "predicted": Part("Predicted against measured", 0.07, 10),
}
"""The parts in the order in which they are run: the most important first."""


class Setting(NamedTuple):
    """What a part is given."""

    tiny: bool  # whether its sizes are those of a test on a CPU
    folder: Path  # for its files, which are removed at the end
    end: float  # the time at which it is ended, in seconds of `time.time()`
    lines: Path  # the file of what all parts have found


def say(lines: Path, **what: Any) -> None:
    """Adds a line to a file: one system call, so that a process that is killed leaves no half."""
    number = os.open(lines, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(number, json.dumps(what).encode() + b"\n")
    finally:
        os.close(number)


def said(lines: Path) -> list[dict[str, Any]]:
    """What was said so far."""
    return [json.loads(line) for line in lines.read_text().splitlines()] if lines.exists() else []


def found(lines: Path) -> Found:
    """The fields of each part and row so far."""
    result: Found = {}
    for line in said(lines):
        if "fields" in line:
            result.setdefault(line["part"], {}).setdefault(line["row"], {}).update(line["fields"])
    return result
