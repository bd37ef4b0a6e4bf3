"""What can be extended, and the one way in which each thing is found by its name.

A plug-in is a file of its kind's folder, which has one thing of the name that the kind asks for;
the name of the file is the name of the plug-in. A plug-in outside the package is written
`my_module:name`: the thing called `name` in the module `my_module`, which Python must be able
to import. docs/extend.md has an example of each kind.
"""

import functools
import importlib
import importlib.util
import pkgutil
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from pruning_jax.errors import OwnCode, WrongUse, nearest, require, said


class Kind(NamedTuple):
    """A kind of plug-in."""

    what: str  # as messages call it
    folder: str  # the package whose files are the built-in ones
    attribute: str  # what such a file has

    @property
    def names(self) -> tuple[str, ...]:
        """The built-in plug-ins, in alphabetical order; none of them is imported."""
        return _files(self.folder)

    def check(self, name: str, where: str = "") -> None:
        """Checks that a name is that of a built-in plug-in, or is written as one elsewhere.

        It imports nothing, so that what reads the files of a run needs none of its plug-ins.

        Args:
          where: the setting that has the name; by default the kind.

        Raises:
          WrongUse: it is neither.
        """
        what = f"{where or self.what} {name!r}"
        if ":" not in name:
            listed = ", ".join(self.names)
            require(name in self.names, f"{what} is not one of {listed}{self._meant(name)}")
            return
        module, _, attribute = name.partition(":")
        parts = [*module.removesuffix(".py").split("."), attribute]
        fine = all(part.isidentifier() for part in parts) and not module.endswith(".py")
        own = f"{Path(module).stem}:{attribute}"
        require(fine, f"{what} is not written as my_module:{self.attribute}{nearest(name, [own])}")

    def _meant(self, name: str) -> str:
        """A hint at the name that was meant by one that is not built in."""
        module = name.removesuffix(".py")
        if Path(f"{module}.py").is_file():
            return f"; did you mean {module}:{self.attribute}?"
        one = f"; one of your own is written as my_module:{self.attribute}"
        return nearest(name, self.names) or one

    def find(self, name: str) -> Any:
        """The plug-in of a name: `magnitude`, or `my_module:name`.

        Raises:
          WrongUse: there is none, or its module cannot be imported.
        """
        self.check(name)
        if ":" not in name:
            return getattr(importlib.import_module(f"{self.folder}.{name}"), self.attribute)
        module, _, attribute = name.partition(":")
        found = _imported(self.what, name, module)
        require(
            hasattr(found, attribute),
            f"{self.what} {name!r}: the module {module} has no {attribute!r}"
            + nearest(attribute, vars(found)),
        )
        return getattr(found, attribute)


@functools.cache
def _files(folder: str) -> tuple[str, ...]:
    """The names of the modules of a package."""
    spec = importlib.util.find_spec(folder)
    places = spec.submodule_search_locations if spec else None
    return tuple(sorted(module.name for module in pkgutil.iter_modules(places)))


OWN: set[str] = set()
"""The files of the modules that plug-ins of the user's were taken from."""

PYTHON = tuple({*map(sysconfig.get_path, ("stdlib", "platstdlib", "purelib", "platlib"))})
"""The folders of Python and of what is installed."""


def place(error: BaseException) -> str:
    """Where in code of the user's own an error was raised: "own.py, line 7", or "".

    It is the innermost line that is neither of this package nor installed, or that is in the module
    of a plug-in.
    """
    ours = str(Path(__file__).parent)
    found = ""
    for frame in traceback.extract_tb(error.__traceback__):
        foreign = frame.filename.startswith((ours, *PYTHON, "<"))
        if frame.filename in OWN or not foreign:
            found = f"{Path(frame.filename).name}, line {frame.lineno}"
    return found


@contextmanager
def trying(kind: Kind, name: str) -> Iterator[None]:
    """Turns any error into one line if the plug-in of that name is the user's own.

    Raises:
      OwnCode: there was an error.
    """
    try:
        yield
    except WrongUse:
        raise
    except Exception as error:  # of whatever it does
        if ":" not in name:
            raise
        where = place(error)
        raise OwnCode(
            f"{kind.what} {name!r} fails{f' in {where}' if where else ''}: {said(error)}"
        ) from error


def look_here() -> None:
    """Makes Python look for modules in the working directory, too, as `python -m` does."""
    here = str(Path.cwd())
    if here not in sys.path:  # a notebook or an installed command may lack it
        sys.path.append(here)


def _imported(what: str, name: str, module: str) -> Any:
    """A module of the user's."""
    look_here()
    try:
        found = importlib.import_module(module)
    except Exception as error:  # of whatever the module does
        where = place(error)
        raise OwnCode(
            f"{what} {name!r} cannot be imported{f' ({where})' if where else ''}: {said(error)}"
        ) from error
    OWN.add(str(getattr(found, "__file__", "")))
    return found


CRITERIA = Kind("criterion", "pruning_jax.pruning.criteria", "score")
REWINDS = Kind("rewind", "pruning_jax.pruning.rewinds", "rewind")
MODELS = Kind("model", "pruning_jax.models.networks", "build")
DATASETS = Kind("dataset", "pruning_jax.data.sets", "DATASET")
NOISE = Kind("noise_kind", "pruning_jax.data.noise", "relabel")
AUGMENTATIONS = Kind("augmentation", "pruning_jax.data.augmentations", "augment")
OPTIMIZERS = Kind("optimizer", "pruning_jax.training.optimizers", "optimizer")
SCHEDULES = Kind("schedule", "pruning_jax.training.schedules", "schedule")
ANALYSES = Kind("analysis", "pruning_jax.analysis.analyses", "table")
MIRRORS = Kind("mirror", "pruning_jax.mirrors.targets", "mirror")
EXPLORATIONS = Kind("exploration", "pruning_jax.exploring.explorations", "EXPLORATION")

KINDS = (
    *(CRITERIA, REWINDS, MODELS, DATASETS, NOISE, AUGMENTATIONS, OPTIMIZERS, SCHEDULES),
    *(ANALYSES, MIRRORS, EXPLORATIONS),
)
"""All that can be extended."""
