"""The same bits: of two runs, and of a run that is killed and goes on.

A small grid of ResNet-20 on the digits of scikit-learn: its convolutions, crops and sums are what
could differ from run to run. The runs share their compiled programs, as a user's do.
"""

import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.parts import commands
from benchmarks.parts.setting import ROOT, Fields, Rows, Setting

GRID = {
    **commands.SMALL,
    **commands.NO_CONTROLS,
    "model": "resnet20",
    "width": 0.5,
    "augmentations": ("flip", "crop"),
    "precision": "bfloat16",
    "grid.algorithms": ("lrr",),
    "grid.noise_rates": (0.3,),
    "grid.seeds": (0, 1),
}
TINY = {**GRID, "model": "lenet_300_100", "width": 0.1, "precision": "float32", "grid.seeds": (0,)}

WAIT = 0.02  # seconds between two looks at the files of a run that is to be killed


def rows(setting: Setting) -> Rows:
    made = partial(_runs, setting)
    return {
        "two runs": lambda: made("two", commands.DETERMINISTIC),
        "killed and gone on with": lambda: _killed(setting),
        # What users have who do not ask for it.
        **({} if setting.tiny else {"two runs, XLA not asked": lambda: made("free", "")}),
    }


def _runs(setting: Setting, name: str, xla_flags: str) -> Iterator[Fields]:
    """Two runs from beginning to end."""
    folders = [setting.folder / f"{name}-{i}" for i in (1, 2)]
    environment = commands.environment(setting, xla_flags)
    seconds = [commands.run(_line(setting, folder), environment)[1] for folder in folders]
    yield {"command_seconds": seconds[0], "second_command_seconds": seconds[1]}
    yield compared(*folders)


def _killed(setting: Setting) -> Iterator[Fields]:
    """A run that is killed once its first round is written, and the same command again."""
    folder, words = setting.folder / "killed", _line(setting, setting.folder / "killed")
    environment = commands.environment(setting, commands.DETERMINISTIC)
    process = subprocess.Popen(words, env=environment, cwd=ROOT)
    while process.poll() is None and not list(folder.glob("cells/*/*/*/rounds.parquet")):
        time.sleep(WAIT)
    process.kill()
    yield {"killed": process.wait() < 0, "rounds_before": _rounds(folder)}
    _, seconds = commands.run(words, environment)
    yield {"command_seconds": seconds, **compared(setting.folder / "two-1", folder)}


def _line(setting: Setting, workdir: Path) -> list[str]:
    """The command; it saves where it stands at every chance."""
    settings = {n.replace(".", "__"): v for n, v in (TINY if setting.tiny else GRID).items()}
    return commands.line(
        "run", config="smoke", workdir=workdir, checkpoint_minutes=1e-9, **settings
    )


def _rounds(folder: Path) -> int:
    """The rounds that are written so far."""
    return sum(pq.read_metadata(f).num_rows for f in folder.glob("cells/*/*/*/rounds.parquet"))


def compared(one: Path, other: Path) -> Fields:
    """Whether two finished runs have the same arrays and rows, bit for bit, times left out.

    Raises:
      RuntimeError: one of them is not finished.
    """
    if not all((folder / "rounds.parquet").exists() for folder in (one, other)):
        raise RuntimeError("one of the runs did not come to its end")
    contents = [
        {str(path.relative_to(folder)): _content(path) for path in _files(folder)}
        for folder in (one, other)
    ]
    names = sorted({*contents[0], *contents[1]})
    different = [name for name in names if contents[0].get(name) != contents[1].get(name)]
    return {"equal": not different, "files": len(names), "different": different[:10]}


def _files(folder: Path) -> list[Path]:
    return [*folder.glob("cells/**/*.npz"), *folder.glob("cells/**/*.parquet")]


def _content(path: Path) -> object:
    """What a file says, to be compared bit for bit."""
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            return {name: (a.dtype.str, a.shape, a.tobytes()) for name, a in arrays.items()}
    return repr(pq.ParquetFile(path).read().drop_columns("seconds").to_pylist())
