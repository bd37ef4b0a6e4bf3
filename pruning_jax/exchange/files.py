"""Networks in safetensors files: either as this program has them, or as PyTorch does.

The file of a network as this program has it has the arrays `params/<path>`, `mask/<path>` (bool)
and `statistics/<path>`. What else is known of the network stands in the text that such a file may
have besides, as one JSON object under the key `pruning_jax`.
"""

import dataclasses
import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from pruning_jax import __version__, files
from pruning_jax.errors import WrongUse, install, one_of, printable, require, said
from pruning_jax.exchange import network as networks
from pruning_jax.exchange.network import PARTS, PrunedNetwork
from pruning_jax.exchange.state_dict import from_state_dict, state_dict
from pruning_jax.experiment.recipe import Recipe
from pruning_jax.files import Arrays
from pruning_jax.workdir import damage
from pruning_jax.workdir.damage import Damaged
from pruning_jax.workdir.typed import misfit

SUFFIX, KEY = ".safetensors", "pruning_jax"

FORMATS = ("native", "torch")
"""The ways to write a network."""


def check(path: Path, format_: str, masks: bool = False) -> None:
    """Checks what a file is to be, before anything is read for it.

    Raises:
      WrongUse: the format is none, masks are asked for where they always are, the name of the file
        does not say what it is, or safetensors is not installed.
    """
    one_of("format", format_, FORMATS)
    require(
        not masks or format_ == "torch",
        "masks go with the format 'torch'; a file of the format 'native' always has them",
    )
    require(path.suffix == SUFFIX, f"{printable(path)} does not end in {SUFFIX}")
    _library()


def write(
    network: PrunedNetwork, path: str | Path, format_: str = "native", *, masks: bool = False
) -> None:
    """Writes a network as a safetensors file, whole or not at all.

    Args:
      path: the file, which ends in `.safetensors`.
      format_: "native" for the names and the axes of this program, "torch" for those of PyTorch.
      masks: with "torch", whether the masks are there as `torch.nn.utils.prune` keeps them; see
        `state_dict`.

    Raises:
      WrongUse: see `check`; or PyTorch's names of the layers are not known.
    """
    check(Path(path), format_, masks)
    if format_ == "torch":
        arrays = state_dict(network, masks=masks)
    else:
        flat = networks.flat(network)
        arrays = {f"{part}/{name}": a for part in PARTS for name, a in flat[part].items()}
    # safetensors 0.8.0 writes what lies in memory, whatever the order of axes there (issue 825).
    arrays = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    # It writes several texts in a random order; with one the same network is the same file.
    content = _library().numpy.save(arrays, {KEY: json.dumps(_described(network, format_))})
    files.replace(Path(path), lambda file: file.write(content))


def read(path: str | Path, recipe: Recipe | None = None) -> PrunedNetwork:
    """The network in a safetensors file, of either format, whoever wrote it.

    Args:
      path: the file.
      recipe: what it is a network of; by default what the file says. It is needed for what another
        program wrote.

    Raises:
      WrongUse: the file cannot be read, does not say what it is a network of, or is not
        one of that.
    """
    arrays, text = load(Path(path))
    try:
        return _network(arrays, text, recipe)
    except WrongUse as error:
        raise WrongUse(f"{printable(path)}: {error}") from error
    except Exception as error:  # names of arrays may be anything
        raise WrongUse(f"{printable(path)} cannot be read: {said(error)}") from error


def load(path: Path) -> tuple[Arrays, dict[str, str]]:
    """The arrays of a safetensors file, and the text that it has besides.

    A file can make nobody take more memory than it takes room itself: its arrays are not packed,
    and the library holds them against its size.

    Raises:
      WrongUse: it cannot be read.
    """
    library = _library()

    def reader(path: Path) -> tuple[Arrays, dict[str, str]]:
        with library.safe_open(str(path), framework="np") as file:
            names = file.keys()
            return {name: file.get_tensor(name) for name in names}, file.metadata() or {}

    try:
        return damage.read(path, reader)
    except Damaged as error:
        raise WrongUse(str(error)) from error


def _network(arrays: Arrays, text: dict[str, str], recipe: Recipe | None) -> PrunedNetwork:
    """The network that a file has."""
    about = _about(text)
    described = about.pop("recipe", None)
    own = recipe or _recipe(described)
    if not all(name.startswith(tuple(f"{part}/" for part in PARTS)) for name in arrays):
        return from_state_dict(arrays, own, about)
    trees: dict[str, Arrays] = {part: {} for part in PARTS}
    for name, array in arrays.items():
        part, _, path = name.partition("/")
        trees[part][path] = array
    return networks.made(own, trees, about)


def _described(network: PrunedNetwork, format_: str) -> dict[str, Any]:
    """What a file says of a network, but for its arrays."""
    recipe = dataclasses.asdict(network.recipe)
    own = {"format": format_, "version": __version__}
    return network.about | own | {"recipe": {k: v for k, v in recipe.items() if k != "engine"}}


def _about(text: dict[str, str]) -> dict[str, Any]:
    """What a file says of a network, or {} if it says nothing.

    Raises:
      WrongUse: it cannot be understood.
    """
    try:
        about = json.loads(text.get(KEY, "{}"))
    except (ValueError, RecursionError) as error:
        raise WrongUse(f"its text {KEY} is no JSON: {said(error)}") from error
    require(isinstance(about, dict), f"its text {KEY} is not a JSON object")
    return about


def _recipe(parts: Any) -> Recipe:
    """The recipe that a file describes.

    Raises:
      WrongUse: it describes none.
    """
    require(
        isinstance(parts, dict),
        "it does not say which network it has; give its recipe, as in "
        'read(path, Recipe(model="resnet20", image_shape=(32, 32, 3), num_classes=10))',
    )
    parts = {k: tuple(v) if isinstance(v, list) else v for k, v in parts.items()}
    wrong = misfit(Recipe, parts)
    require(not wrong, f"its recipe cannot be used: {printable(wrong)}")
    try:
        return Recipe(**parts)
    except TypeError as error:  # it has other settings than we know
        raise WrongUse(f"its recipe cannot be used: {said(error)}") from error


def _library() -> Any:
    """The package safetensors, which is optional.

    Raises:
      WrongUse: it is not installed.
    """
    try:
        importlib.import_module("safetensors.numpy")
        return importlib.import_module("safetensors")
    except ImportError as error:
        raise WrongUse(f"safetensors is not installed; {install('export')} brings it") from error
