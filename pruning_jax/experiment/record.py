"""An Experiment as JSON, its hash, and how two of them differ."""

import dataclasses
import hashlib
import json
from typing import Any, TypeAlias

from pruning_jax.experiment.cells import Experiment

Json: TypeAlias = dict[str, Any]
"""A JSON object; what its values are, only its reader can know."""


def description(experiment: Experiment) -> Json:
    """The experiment as JSON holds it, without the engine, which changes no result."""
    plain = {
        name: dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value  # type: ignore[arg-type]
        for name, value in experiment._asdict().items()
    }
    plain["recipe"] = {k: v for k, v in plain["recipe"].items() if k != "engine"}
    plain["algorithms"] = {a.name: dataclasses.asdict(a) for a in experiment.algorithms}
    return json.loads(json.dumps(plain))


def digest(experiment: Experiment) -> str:
    """A hash of everything that decides what a run computes."""
    text = json.dumps(description(experiment), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def differences(old: Json, new: Json, path: str = "") -> list[str]:
    """What differs between two descriptions, a line each: `recipe.epochs: 20 -> 40`."""
    lines = []
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if isinstance(before, dict) and isinstance(after, dict):
            lines += differences(before, after, f"{path}{key}.")
        elif before != after:
            lines.append(f"{path}{key}: {_short(before)} -> {_short(after)}")
    return lines


def _short(value: object) -> str:
    """A value in a few words; settings that are a group of their own are "there" or "not there"."""
    if value is None or isinstance(value, dict):
        return "not there" if value is None else "there"
    text = str(value)
    return text if len(text) <= 60 else f"{text[:40]} ... {text[-15:]}"
