"""Whatever the bytes of a run's files are: its readers say that they are damaged, and no more."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import fuzzing
import processes
import pytest
from soak import bounded

import pruning_jax as pj

INPUTS, PARTS = bounded(1_000, 10_000), 2
"""So many damaged files, in so many processes; SOAK=1 asks for more."""


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_readers_bear_any_bytes(tmp_path_factory, tmp_path, part):
    workdir = tmp_path / "run"
    shutil.copytree(processes.reference(tmp_path_factory), workdir)
    assert pj.verify(workdir).finished
    count = INPUTS // PARTS
    script = Path(fuzzing.__file__)
    done = subprocess.run(
        [sys.executable, script, str(workdir), str(count), str(part * count)],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(processes.ROOT), str(script.parent)]),
        },
        cwd=tmp_path,
    )
    *numbers, last = done.stdout.splitlines()
    assert done.returncode == 0, (numbers[-1:], last, done.stderr[-3000:])
    read, of = int(last.split()[1]), int(last.split()[3])
    assert of == count == len(numbers)
    assert 0 < read < count / 2  # most of them are damaged, and are found to be so
