"""Where each file of a run lies, as a path below its workdir.

This is the only module that spells the names of files; docs/files.md says what is in them.
Nothing here needs the files to exist.
"""

from pathlib import Path

from pruning_jax.experiment.cells import Cell

ROUNDS = "rounds.parquet"  # the same table twice: of one cell in its folder, of all above them


def config(workdir: Path) -> Path:
    """The configuration of the run, its hash, versions and devices."""
    return workdir / "config.json"


def union(workdir: Path) -> Path:
    """The rows of all cells in one table; it is made again from the cells' own tables."""
    return workdir / ROUNDS


def report(workdir: Path) -> Path:
    """The page that the command `report` writes."""
    return workdir / "report.html"


def figures(workdir: Path) -> Path:
    """The folder of the figures."""
    return workdir / "figures"


def figure(workdir: Path, name: str, suffix: str) -> Path:
    """A figure; the suffix is the format, "pdf" or "png"."""
    return figures(workdir) / f"{name}.{suffix}"


def tables(workdir: Path) -> Path:
    """The folder of the tables that the analyses make."""
    return workdir / "tables"


def table(workdir: Path, name: str) -> Path:
    """The table of an analysis."""
    return tables(workdir) / f"{name}.csv"


def explorations(workdir: Path) -> Path:
    """The folder of the tables that explorations make."""
    return workdir / "explored"


def explored(workdir: Path, name: str, suffix: str) -> Path:
    """The table of an exploration; the suffix is the format, "parquet" or "csv"."""
    return explorations(workdir) / f"{name}.{suffix}"


def verified(workdir: Path) -> Path:
    """What the command `verify` found last: that all was well, and the sum of the run."""
    return workdir / "verified.json"


def log(workdir: Path, host: str, process: int) -> Path:
    """What a process printed.

    >>> log(Path("runs/digits"), "node7", 4711).as_posix()
    'runs/digits/logs/node7-4711.log'
    """
    return workdir / "logs" / f"{host}-{process}.log"


def profile(workdir: Path) -> Path:
    """The folder of the traces of JAX's profiler."""
    return workdir / "profile"


def mirror(workdir: Path, name: str) -> Path:
    """The folder of a mirror: `tensorboard`, or one of the user's own, `my_module:name`."""
    return workdir / "mirrors" / name.replace(":", ".")


TOP = frozenset(
    {
        "config.json",
        ROUNDS,
        "verified.json",
        "report.html",
        "figures",
        "tables",
        "explored",
        "cells",
        "checkpoints",
        "logs",
        "profile",
        "mirrors",
    }
)
"""What may lie in a workdir, beside nothing else."""


# The files of a cell. Its folder is `Cell.folder`, which alone says how a cell's name becomes one.


def cells(workdir: Path) -> Path:
    """The folder of all cells."""
    return workdir / "cells"


def cell(workdir: Path, cell: Cell) -> Path:
    """The folder of a cell."""
    return workdir / cell.folder


def rounds(workdir: Path, cell: Cell) -> Path:
    """The rows of a cell, one for each of its complete rounds."""
    return workdir / cell.folder / ROUNDS


def examples(workdir: Path, cell: Cell) -> Path:
    """What each training example went through in a cell."""
    return workdir / cell.folder / "examples.npz"


def manifest(workdir: Path, cell: Cell) -> Path:
    """The sums of all that the files of a cell say, round by round."""
    return workdir / cell.folder / "manifest.json"


def mask(workdir: Path, cell: Cell, round_: int) -> Path:
    """The mask under which a round was trained.

    >>> mask(Path("runs/digits"), Cell("lrr", 0.15, 3), 5).as_posix()
    'runs/digits/cells/lrr/noise=0.15/seed=3/masks/round_05.npz'
    """
    return workdir / cell.folder / "masks" / f"round_{round_:02d}.npz"


def params(workdir: Path, cell: Cell, round_: int) -> Path:
    """The parameters at the end of a round, where `config.save.params` asked for them."""
    return workdir / cell.folder / "params" / f"round_{round_:02d}.npz"


def anchor(workdir: Path, cell: Cell) -> Path:
    """The parameters that the cell rewinds to, beside those at the end of its rounds."""
    return workdir / cell.folder / "params" / "anchor.npz"


OF_CELL = frozenset({ROUNDS, "examples.npz", "manifest.json"})
"""The files that lie in the folder of a cell, beside those of its masks and parameters."""


def cell_tables(workdir: Path) -> list[Path]:
    """Every table of rows that lies where those of cells do."""
    return sorted(cells(workdir).glob(f"*/*/*/{ROUNDS}"))


# What resuming needs, and the processes of a run that divide its cells among them.


def checkpoints(workdir: Path) -> Path:
    """The folder of the checkpoints; nothing but resuming reads it."""
    return workdir / "checkpoints"


def cells_lock(workdir: Path) -> Path:
    """The file of which each byte is the lock of a cell."""
    return checkpoints(workdir) / "cells.lock"


def shared_lock(workdir: Path) -> Path:
    """The lock of what all processes of a run write: the union, the figures, the configuration."""
    return checkpoints(workdir) / "shared.lock"


def replicas_at_once(workdir: Path) -> Path:
    """How many replicas all processes of this run train at once; it is settled by the first."""
    return checkpoints(workdir) / "replicas_at_once"


def shares(workdir: Path) -> Path:
    """Into how many groups at least all processes of this run divide the replicas of a network; it
    is settled by the first."""
    return checkpoints(workdir) / "shares"


def processes_lock(workdir: Path) -> Path:
    """The file of which each byte is the lock of a process that is at work."""
    return checkpoints(workdir) / "processes.lock"


def process(workdir: Path, number: int) -> Path:
    """What a process that is at work says of itself; the number is that of its byte in the file of
    locks."""
    return checkpoints(workdir) / f"process_{number}.json"


def processes(workdir: Path) -> dict[int, Path]:
    """What processes have said of themselves, by their numbers; some may have ended since."""
    found = checkpoints(workdir).glob("process_*.json")
    return {int(path.stem.removeprefix("process_")): path for path in sorted(found)}


def failure(workdir: Path, name: str) -> Path:
    """The error with which a group ended the last time."""
    return checkpoints(workdir) / f"failure_{name}.json"


def failures(workdir: Path) -> dict[str, Path]:
    """The errors with which groups ended the last time, by the names of the groups."""
    found = checkpoints(workdir).glob("failure_*.json")
    return {path.stem.removeprefix("failure_"): path for path in sorted(found)}
