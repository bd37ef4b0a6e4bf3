"""The laws of a mirror."""

import copy
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from pruning_jax.errors import said
from pruning_jax.experiment.cells import Cell
from pruning_jax.mirrors.measures import MEASURES
from pruning_jax.plugins import MIRRORS
from pruning_jax.testing.laws import law, named
from pruning_jax.testing.made_up import made_up
from pruning_jax.workdir.columns import Row

Mirror: TypeAlias = Callable[[Path, Cell, Sequence[Row]], None]


def check_mirror(mirror: Mirror | str) -> None:
    """Checks that a mirror keeps the laws of mirrors, on a small run that is made up for it.

    It takes the rows of several cells, those of one cell in several parts, and those of a network
    that diverged, whose measurements are NaN; it leaves the rows as they are; what it raises is
    nothing but an error (a mirror must not end the process); and whatever files it makes lie in the
    folder that it is given, where different cells do not take each other's place.

    >>> check_mirror("tensorboard")

    Args:
      mirror: the function, or its name: that of a built-in mirror, or "my_module:name".

    Raises:
      AssertionError: a law is broken; the message says which, and what to do.
      WrongUse: there is no mirror of this name.
    """
    name = named(MIRRORS, mirror)
    found: Mirror = MIRRORS.find(name)
    with tempfile.TemporaryDirectory() as place:
        run = made_up(Path(place) / "run")
        folder = Path(place) / "mirrors" / "own"
        folder.mkdir(parents=True)
        before = _files(Path(place))
        first, second = run.cells[:2]
        rows = {cell: _rows(run.rows.to_dict("records"), cell) for cell in (first, second)}
        _shown(name, found, folder, first, rows[first][:2], "the first rows of a cell")
        _shown(name, found, folder, second, rows[second], "another cell")
        lost = {measure: float("nan") for measure in MEASURES}
        diverged = [{**row, **lost, "diverged": True} for row in rows[first][2:]]
        _shown(name, found, folder, first, diverged, "later rows, of a network that diverged,")
        outside = {path for path in _files(Path(place)) - before if folder not in path.parents}
        law(
            not outside,
            f"The mirror {name!r} made {', '.join(sorted(path.name for path in outside))} outside "
            "the folder that it was given. Write below `folder`: it belongs to this mirror alone.",
        )


def _rows(rows: Sequence[Row], cell: Cell) -> list[Row]:
    keys = ("algorithm", "noise_rate", "seed")
    return [row for row in rows if tuple(row[key] for key in keys) == cell]


def _shown(
    name: str, mirror: Mirror, folder: Path, cell: Cell, rows: Sequence[Row], what: str
) -> None:
    """Gives rows to a mirror, and looks whether it leaves them as they are."""
    given = copy.deepcopy(list(rows))
    try:
        mirror(folder, cell, given)
    except BaseException as error:  # a SystemExit would end the process of the mirror
        raise AssertionError(
            f"The mirror {name!r} raised {said(error)} when it was given {what}. A mirror is given "
            "whatever rows a run makes, and is told of once if it fails: leave out what it cannot "
            "show (math.isfinite), and make the folders that it needs."
        ) from error
    law(
        [repr(row) for row in given] == [repr(row) for row in rows],
        f"The mirror {name!r} changed the rows that it was given ({what}). Work on copies: "
        "{**row, ...}.",
    )


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}
