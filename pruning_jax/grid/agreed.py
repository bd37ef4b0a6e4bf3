"""What all processes of a run must agree on: into which groups the grid is divided.

Processes that divided it differently would stand in each other's way. So the first process settles
it, for all that work at the same time and for those that come later.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pruning_jax import files
from pruning_jax.workdir import paths, presence


def settled(workdir: Path, at_once: int, shares: int, fitting: Callable[[], int]) -> list[int]:
    """How many replicas are trained at once, and into how many shares replicas are divided.

    What is asked for holds unless processes that are at work have settled on something else; then
    a line says so. More shares than are asked for do no harm, and stay. To be called by one process
    at a time, before it counts as being at work.

    Args:
      workdir: the run's.
      at_once: what is asked for; 0 for what was settled before, else what fits into memory.
      shares: what is asked for; 0 for what was settled before, else 1.
      fitting: how many replicas fit into memory.
    """
    others = presence.at_work(workdir)
    replicas, divided = paths.replicas_at_once(workdir), paths.shares(workdir)
    shares = 0 if shares <= _known(divided) else shares
    return [
        _settled(replicas, "replicas_at_once", at_once, fitting, others),
        _settled(divided, "shares", shares, lambda: 1, others),
    ]


def lower(workdir: Path, at_once: int) -> None:
    """Settles that later processes train at most so many replicas at once.

    Those that are at work keep to their groups, and train them in parts. To be called by one
    process at a time.
    """
    path = paths.replicas_at_once(workdir)
    if at_once < _known(path):
        _write(path, at_once)


def _known(path: Path) -> int:
    """A number that was settled; 0 if there is none, or if its file is damaged."""
    with suppress(OSError, ValueError):
        return max(0, int(path.read_text()))
    return 0


def _settled(path: Path, name: str, asked: int, otherwise: Callable[[], int], others: int) -> int:
    """One of the numbers; see `settled`."""
    known = _known(path)
    if known and others and asked not in (0, known):
        print(
            f"note: {name} is {known}, not {asked}: other processes are at work in this workdir, "
            "and all must divide the grid in the same way",
            flush=True,
        )
        return known
    if known and asked not in (0, known):
        print(
            f"note: {name} is {asked} now, no longer {known}: the grid is divided anew, and what "
            "is half done begins again",
            flush=True,
        )
    count = asked or known or otherwise()
    if count != known:
        _write(path, count)
    return count


def _write(path: Path, count: int) -> None:
    files.replace(path, lambda file: file.write(str(count).encode()))
