"""Configuration files: where they are, and what they say."""

import importlib.util
from pathlib import Path

from ml_collections import ConfigDict

from pruning_jax.errors import WrongUse, nearest, require
from pruning_jax.experiment.config import Config

PACKAGE = Path(__file__).parents[1]
FOLDERS = (PACKAGE / "configs", PACKAGE.parent / "configs")
"""Where the configurations of this project lie: installed, or in a checkout."""


def known() -> dict[str, Path]:
    """The configurations that come with the project, by name."""
    folder = next((f for f in FOLDERS if f.is_dir()), None)
    return {path.stem: path for path in sorted(folder.glob("*.py"))} if folder else {}


def path_of(name: str | Path) -> Path:
    """The file of a configuration: a path, or the name of one that comes with the project.

    Raises:
      WrongUse: there is none.
    """
    if Path(name).suffix == ".py":
        require(Path(name).is_file(), f"{str(name)!r}: there is no such file")
        return Path(name)
    paths = known()
    require(
        str(name) in paths,
        f"configuration {str(name)!r} is neither a file that ends in .py nor one of "
        f"{', '.join(paths)}{nearest(str(name), paths)}",
    )
    return paths[str(name)]


def load(name: str | Path) -> Config:
    """The configuration of a file, as its get_config() gives it.

    Raises:
      WrongUse: there is none, or it has no get_config() that returns one.
    """
    path = path_of(name)
    spec = importlib.util.spec_from_file_location(f"configuration_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    require(hasattr(module, "get_config"), f"{path} has no function get_config()")
    config = module.get_config()
    if not isinstance(config, ConfigDict):
        raise WrongUse(f"{path}: get_config() returns no configuration")
    return config
