"""Whether a path is a workdir, and what was meant if it is none."""

from pathlib import Path

from pruning_jax.errors import WrongUse, closest, printable, require
from pruning_jax.workdir import paths

NAMED = 5
"""How many runs a message names."""


def folder(workdir: Path) -> None:
    """Raises WrongUse unless there is a directory, which does not merely hold runs.

    It may be empty, or what is left of a run.
    """
    name = printable(workdir)
    require(workdir.is_dir(), f"workdir {name} is no directory{_meant(workdir)}")
    inside = [] if _begun(workdir) else _runs(workdir)
    if inside:
        more = f" and {len(inside) - NAMED} more" if len(inside) > NAMED else ""
        raise WrongUse(
            f"{name} is not a workdir itself, but holds {', '.join(inside[:NAMED])}{more}; name "
            "one of them"
        )


def run(workdir: Path) -> None:
    """Raises WrongUse unless there is a run, even if only its cells are left of it."""
    folder(workdir)
    require(_begun(workdir), f"workdir {printable(workdir)} holds no run: it has no config.json")


def _begun(workdir: Path) -> bool:
    """Whether a directory is a workdir, as far as its names tell."""
    own = (paths.config(workdir), paths.cells(workdir), paths.union(workdir))
    return any(path.exists() for path in own)


def _runs(above: Path) -> list[str]:
    """The directories in a directory that are runs, by their names."""
    return [
        printable(path)
        for path in _inside(above)
        if paths.config(path).is_file() and paths.cells(path).is_dir()
    ]


def _meant(workdir: Path) -> str:
    """A hint at a directory of nearly the same path, or nothing.

    The first part of the path that is not there is held against what lies beside it.
    """
    missing = next((p for p in (workdir, *workdir.parents) if p.parent.is_dir()), workdir)
    beside = {path.name: path for path in _inside(missing.parent) if path != missing}
    meant = beside.get(closest(missing.name, beside))
    there = meant and meant / workdir.relative_to(missing)
    return f"; did you mean {printable(there)}?" if there and there.is_dir() else ""


def _inside(above: Path) -> list[Path]:
    """The directories in a directory, by their names; none where it cannot be read."""
    try:
        return sorted(path for path in above.iterdir() if path.is_dir())
    except OSError:
        return []
