"""The user's own modules that a run takes plug-ins from, as config.json remembers them.

A plug-in is known by its name. If the file behind the name changed between two commands, one run
would hold rows of two criteria; so a run is only gone on with while its files are as they were.
"""

import hashlib
import importlib.util
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from pruning_jax import plugins
from pruning_jax.errors import require
from pruning_jax.experiment.cells import Experiment
from pruning_jax.grid import snapshots
from pruning_jax.workdir import paths, presence


def sums(experiment: Experiment) -> dict[str, str]:
    """The SHA-256 sum of the file of each module that plug-ins of an experiment are taken from.

    It is a sum of the text; what such a module imports is not looked at. The package's own
    modules are not among them, nor are modules without a file, as a notebook is one.
    """
    found = {module: _file(module) for module in sorted(_modules(_names(experiment)))}
    return {
        module: hashlib.sha256(path.read_bytes()).hexdigest()
        for module, path in found.items()
        if path is not None
    }


def changed(recorded: object, experiment: Experiment) -> dict[str, str]:
    """The modules that are not those that a run began with, and their sums now.

    Args:
      recorded: what config.json says of them; that of an earlier version says nothing.
    """
    before = recorded if isinstance(recorded, Mapping) else {}
    now = sums(experiment)
    return {module: own for module, own in now.items() if before.get(module, own) != own}


def refuse(modules: Collection[str], what_to_do: str) -> None:
    """Refuses a run for modules that changed since their text decided something.

    Args:
      modules: their names; nothing is refused for none.
      what_to_do: how the message ends.

    Raises:
      WrongUse: there is one.
    """
    files = " and ".join(str(_file(module)) for module in modules)
    names = " and ".join(modules)
    require(
        not modules,
        f"{files} changed since this run began, and its rows are of the text as it was then. "
        f"{what_to_do}; if the change alters no result, remove {names} from own_modules in the "
        "run's config.json",
    )


def decided(workdir: Path, experiment: Experiment, module: str) -> bool:
    """Whether something in a workdir may come from the text that a module had.

    Not so if the module has nothing but criteria and rewinds, no network was pruned or rewound by
    one of them yet, and no other process is at work that may be about to. So a criterion may be
    mended that was refused at its first pruning.
    """
    if presence.at_work(workdir) or module in _modules(_of_round_0(experiment)):
        return True
    own = [a.name for a in experiment.algorithms if module in _modules((a.criterion, a.rewind))]
    cells = (cell for cell in experiment.cells if cell.algorithm in own)
    return any(paths.mask(workdir, cell, 1).exists() for cell in cells) or snapshots.amid(
        workdir, own
    )


def _names(experiment: Experiment) -> Iterator[str]:
    """The names of all plug-ins that decide what an experiment computes."""
    yield from _of_round_0(experiment)
    for algorithm in experiment.algorithms:
        yield from (algorithm.criterion, algorithm.rewind)


def _of_round_0(experiment: Experiment) -> Iterator[str]:
    """The names of those that decide how a dense network is trained."""
    data, recipe = experiment.data, experiment.recipe
    yield from (data.dataset, data.noise_kind, recipe.model, recipe.optimizer, recipe.schedule)
    yield from recipe.augmentations


def _modules(names: Iterable[str]) -> set[str]:
    """The modules that plug-ins are taken from; built-in ones have none."""
    return {name.partition(":")[0] for name in names if ":" in name}


def _file(module: str) -> Path | None:
    """The file of a module of the user's; None if it has none, or is of the package."""
    if module.partition(".")[0] == "pruning_jax":
        return None
    plugins.look_here()
    spec = importlib.util.find_spec(module)
    return Path(spec.origin) if spec and spec.has_location and spec.origin else None
