"""A workdir with something in it that should not be there, or that cannot be written: one line."""

import processes
import pytest
from processes import assert_same, in_succession, training

DEEP = 100_000
"""More brackets than a reader that calls itself can follow."""


def a_file(*names):
    def make(workdir):
        for name in names:
            path = workdir / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("mine")

    return make


def a_folder(name):
    return lambda workdir: (workdir / name).mkdir(parents=True)


def nested(workdir):
    workdir.mkdir()
    (workdir / "config.json").write_text("[" * DEEP + "]" * DEEP)


IN_THE_WAY = {
    "checkpoints": a_file("checkpoints"),
    "cells": a_file("cells"),
    "cells/lrr": a_file("cells/lrr"),
    "cells.lock": a_folder("checkpoints/cells.lock"),
    "shared.lock": a_folder("checkpoints/shared.lock"),
    "config.json": a_folder("config.json"),
    "config.json ": nested,
    "rounds.parquet": a_folder("rounds.parquet"),
}
"""What the line names: what is made there before the run."""


@pytest.mark.slow
def test_something_in_the_way_is_told_in_a_line(tmp_path):
    steps = []
    for i, make in enumerate(IN_THE_WAY.values()):
        make(tmp_path / str(i))
        steps.append({"arguments": training(tmp_path / str(i))})
    for (name, _), done in zip(IN_THE_WAY.items(), in_succession(steps), strict=True):
        assert done.returncode == 2, (name, done.stdout, done.stderr)
        assert len(done.stderr.splitlines()) == 1, (name, done.stderr)
        assert name.strip() in done.stderr


@pytest.fixture(scope="session")
def reference(tmp_path_factory):
    return processes.reference(tmp_path_factory)


@pytest.mark.slow
@pytest.mark.parametrize("content", ["", "many", "-3", "1e9", "0"])
def test_a_damaged_settlement_is_settled_again(reference, tmp_path, content):
    """The files say how the grid is divided; a run that is stopped goes on."""
    workdir = tmp_path / "run"
    stop = {"signal_before": [r"^os.rename .*lrr/noise=0.3/seed=0/masks/\S*round_01", 15, 0]}
    (done,) = in_succession([{**stop, "arguments": training(workdir)}])
    assert done.returncode == 75, done.stderr
    for name in ("replicas_at_once", "shares"):
        (workdir / "checkpoints" / name).write_text(content)
    (done,) = in_succession([{"arguments": training(workdir)}])
    assert done.returncode == 0, done.stderr
    assert_same(workdir, reference)
