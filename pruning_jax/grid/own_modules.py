"""The user's own modules that a run takes plug-ins from, as config.json remembers them.

A plug-in is known by its name. If the file behind the name changed between two commands, one run
would hold rows of two criteria; so a run is only gone on with while its files are as they were.
"""

import hashlib
import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path

from pruning_jax import plugins
from pruning_jax.errors import require
from pruning_jax.experiment.cells import Experiment


def sums(experiment: Experiment) -> dict[str, str]:
    """The SHA-256 sum of the file of each module that plug-ins of an experiment are taken from.

    It is a sum of the text; what such a module imports is not looked at. The package's own
    modules are not among them, nor are modules without a file, as a notebook is one.
    """
    names = {name.partition(":")[0] for name in _names(experiment) if ":" in name}
    found = {module: _file(module) for module in sorted(names)}
    return {
        module: hashlib.sha256(path.read_bytes()).hexdigest()
        for module, path in found.items()
        if path is not None
    }


def check(recorded: object, experiment: Experiment, what_to_do: str) -> None:
    """Checks that the modules are those that a run began with.

    Args:
      recorded: what config.json says of them; that of an earlier version says nothing.
      what_to_do: how the message ends.

    Raises:
      WrongUse: one has changed.
    """
    before = recorded if isinstance(recorded, Mapping) else {}
    now = sums(experiment)
    changed = [module for module in now if before.get(module, now[module]) != now[module]]
    files = " and ".join(str(_file(module)) for module in changed)
    names = " and ".join(changed)
    require(
        not changed,
        f"{files} changed since this run began, and its rows are of the text as it was then. "
        f"{what_to_do}; if the change alters no result, remove {names} from own_modules in the "
        "run's config.json",
    )


def _names(experiment: Experiment) -> Iterator[str]:
    """The names of all plug-ins that decide what an experiment computes."""
    data, recipe = experiment.data, experiment.recipe
    yield from (data.dataset, data.noise_kind, recipe.model, recipe.optimizer, recipe.schedule)
    yield from recipe.augmentations
    for algorithm in experiment.algorithms:
        yield from (algorithm.criterion, algorithm.rewind)


def _file(module: str) -> Path | None:
    """The file of a module of the user's; None if it has none, or is of the package."""
    if module.partition(".")[0] == "pruning_jax":
        return None
    plugins.look_here()
    spec = importlib.util.find_spec(module)
    return Path(spec.origin) if spec and spec.has_location and spec.origin else None
