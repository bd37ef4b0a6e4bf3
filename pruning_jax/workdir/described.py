"""What config.json says of a run: an experiment that is what it should be, or Damaged."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, get_type_hints

from pruning_jax.errors import said
from pruning_jax.experiment import rules
from pruning_jax.experiment.algorithm import MOST_ROUNDS, Algorithm
from pruning_jax.experiment.cells import Experiment
from pruning_jax.experiment.data import Data
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.workdir import paths
from pruning_jax.workdir.damage import Damaged, expect, json_object, read
from pruning_jax.workdir.typed import fits, misfit

Json: TypeAlias = dict[str, Any]

MOST_CELLS, MOST_STEPS = 1_000_000, 2**31
"""More than these no run has; a damaged number beyond them could fill the memory."""


class Described(NamedTuple):
    """What config.json says of a run."""

    experiment: Experiment
    digest: str  # the hash that stands there
    noise_always_wrong: bool | None  # whether a label drawn anew is never the true one; or unknown
    version: str  # of the program that wrote it


def described(workdir: Path) -> Described:
    """What config.json says of a run.

    Raises:
      Damaged: it cannot be read, another version of this program wrote it, or it asks for
        something that no run can be.
    """

    def reader(path: Path) -> Described:
        content = json_object(path)
        version = _version(content)
        expect(isinstance(content.get("experiment"), dict), path, "has no experiment")
        try:
            found = _experiment(path, content["experiment"])
        except TypeError as error:  # it has other settings than we know
            raise Damaged(
                f"{path} cannot be read: it was written by pruning_jax {version}, which has other "
                f"settings ({said(error)})"
            ) from error
        _check(path, found)
        always, digest = content.get("noise_always_wrong"), content.get("hash")
        fine = always is None or isinstance(always, bool)
        expect(fine, path, f"has {always!r} as noise_always_wrong, not true or false")
        expect(isinstance(digest, str), path, "has no hash that is a text")
        return Described(found, str(digest), always, version)

    return read(paths.config(workdir), reader)


def _version(content: Json) -> str:
    """The version of the program that wrote a config.json, as it says."""
    versions = content.get("versions")
    found = versions.get("pruning_jax") if isinstance(versions, dict) else None
    return found if isinstance(found, str) else "an unknown version"


def _tuples(value: Any) -> Any:
    """JSON with tuples where it has lists, as descriptions have them."""
    if isinstance(value, dict):
        return {name: _tuples(part) for name, part in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _experiment(path: Path, content: Json) -> Experiment:
    """The experiment that its description makes.

    Raises:
      Damaged: a value has another type than it should have.
      TypeError: a setting is missing, or is not known.
      WrongUse: a value is not possible.
    """
    parts = _tuples(content)
    for name in ("data", "recipe", "algorithms"):
        expect(isinstance(parts.get(name), dict), path, f"has no settings {name}")
    algorithms = []
    for name, own in parts["algorithms"].items():
        expect(isinstance(own, dict), path, f"has no settings algorithms.{name}")
        expect(own.get("name") == name, path, f"has another name in the settings of {name!r}")
        algorithms.append(_made(path, Algorithm, own, f"algorithms.{name}."))
    made = {
        "data": _made(path, Data, parts["data"], "data."),
        "recipe": _made(path, Recipe, parts["recipe"], "recipe."),
        "algorithms": tuple(algorithms),
    }
    hints = get_type_hints(Experiment)
    for name, value in parts.items():
        fine = name in made or name not in hints or fits(value, hints[name])
        expect(fine, path, f"has {name} as {str(value)[:40]!r}")
    return Experiment(**(parts | made))


def _made(path: Path, description: type, parts: Mapping[str, Any], where: str) -> Any:
    """A description, once its values have the types that it asks for."""
    wrong = misfit(description, parts)
    expect(not wrong, path, f"cannot be used: {where}{wrong}")
    return description(**parts)


def _check(path: Path, found: Experiment) -> None:
    """Raises Damaged for an experiment that no configuration describes, or that would do harm."""
    for algorithm in found.algorithms:
        name, rounds = algorithm.name, len(algorithm.densities)
        safe = rules.is_safe(name)
        expect(safe, path, f"has an algorithm {name!r}, which cannot be the name of a folder")
        expect(0 < rounds <= MOST_ROUNDS, path, f"gives {name} {rounds} rounds")
    wrong = "has noise rates or seeds that cannot be, or twice"
    for values, most in ((found.noise_rates, 1), (found.seeds, 2**32 - 1)):
        expect(len({*values}) == len(values), path, wrong)
        expect(all(0 <= value <= most for value in values), path, wrong)
    count = len(found.algorithms) * len(found.noise_rates) * len(found.seeds)
    expect(count <= MOST_CELLS, path, f"asks for {count:,} cells, which are too many")
    expect(len(found.cells) > 0, path, "has no cells")
    recipe, shape = found.recipe, found.recipe.image_shape
    fine = len(shape) == 3 and all(side > 0 for side in shape) and recipe.num_classes > 0
    expect(fine and recipe.train_size > 0, path, "does not say what the data set is like")
    expect(recipe.train_size < MOST_STEPS and recipe.steps < MOST_STEPS, path, "is too large")
    _check_algorithms(path, found)


def _check_algorithms(path: Path, found: Experiment) -> None:
    """Raises Damaged unless algorithms that depend on others can."""
    known = {algorithm.name: algorithm for algorithm in found.algorithms}
    for a in found.algorithms:
        makers = [name for name, other in known.items() if not other.masks_from]
        fine = not a.masks_from or a.masks_from in makers
        expect(fine, path, f"gives {a.name} the masks of {a.masks_from!r}, which has none")
        if a.without == "top_improved":
            rounds = known[a.control_of].rounds if a.control_of in known else -1
            fine = 0 <= a.control_round <= rounds
            expect(fine, path, f"has no round that decides the examples of {a.name}")
        for rate in found.rates(a):
            left = found.recipe.train_size - found.left_out(a, rate)
            expect(left > 0, path, f"leaves {a.name} no example")
