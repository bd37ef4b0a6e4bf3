"""Mirrors: they show finished rows, each once; a run neither waits for them nor fails with them."""

import importlib.util
import json
import os
import shutil
import struct
import subprocess
import sys
import time

import processes
import pytest
from processes import ROOT, train

from pruning_jax.errors import WrongUse
from pruning_jax.mirrors import following, measures
from pruning_jax.workdir import paths
from pruning_jax.workdir.cellfiles import read_table

OWN = """
import json, pathlib, time

def mirror(folder, cell, rows):
    with (folder / "shown.jsonl").open("a") as file:
        for row in rows:
            file.write(json.dumps([cell.folder, row["round"], row["test_accuracy"]]) + "\\n")

def fails(folder, cell, rows):
    raise RuntimeError("no such server")

def hangs(folder, cell, rows):
    time.sleep(10_000)
"""
PATH = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])


@pytest.fixture
def own(tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    return tmp_path


def needs(package):
    return pytest.mark.skipif(
        importlib.util.find_spec(package) is None, reason=f"{package} is not installed"
    )


def rows(workdir):
    found = [read_table(path).to_pylist() for path in paths.cell_tables(workdir)]
    return [row for table in found for row in table]


def shown(workdir, name="own:mirror"):
    text = (paths.mirror(workdir, name) / "shown.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def mirrored(workdir, *names, cwd, **variables):
    """A run of TINY with mirrors."""
    given = [f"--mirror={name}" for name in names]
    return train(workdir, *given, cwd=cwd, variables={"PYTHONPATH": PATH, **variables})


def until_all_is_shown(workdir, name, cwd, **variables):
    """A run with a mirror, started again where the mirror of a busy machine was given up."""
    for _ in range(5):
        done = mirrored(workdir, name, cwd=cwd, **variables)
        assert done.returncode == 0, done.stderr
        assert "failed" not in done.stderr
        place = paths.mirror(workdir, name) / "shown.json"
        if place.exists() and sum(json.loads(place.read_text()).values()) == 18:
            return
    raise AssertionError(done.stderr)


def records(file):
    """The records of a file of events: length, sum, content, sum."""
    content, at = file.read_bytes(), 0
    while at < len(content):
        (size,) = struct.unpack("<Q", content[at : at + 8])
        yield content[at + 12 : at + 12 + size]
        at += 16 + size


@pytest.mark.slow
def test_every_row_is_shown_once_however_often_it_is_resumed(own):
    """Stopped in the middle, gone on with, and started again when it is finished."""
    run = own / "run"
    before = r"^open \S*/random/noise=0.3/seed=0/masks/\.round_01"
    arguments = processes.training(run, "--mirror=own:mirror")
    step = {"arguments": arguments, "signal_before": [before, 15, 0]}
    (done,) = processes.in_succession([step], cwd=own, PYTHONPATH=PATH)
    assert done.returncode == 75, done.stderr
    for _ in range(2):
        assert mirrored(run, "own:mirror", cwd=own).returncode == 0
    found = shown(run)
    assert len(found) == len({(cell, round_) for cell, round_, _ in found}) == len(rows(run)) == 18
    assert sorted(value for *_, value in found) == sorted(row["test_accuracy"] for row in rows(run))


@pytest.mark.slow
def test_a_mirror_that_fails_or_hangs_is_told_of_once(own):
    done = mirrored(own / "run", "own:fails", "own:hangs", "own:mirror", cwd=own)
    assert done.returncode == 0
    failed, given_up = sorted(done.stderr.splitlines())
    assert failed.startswith("mirror own:fails has failed and is dropped, the run is not: Runtime")
    assert "no such server" in failed
    assert given_up.startswith("mirror own:hangs did not end")
    assert len(shown(own / "run")) == len(rows(own / "run")) == 18


@needs("tensorboardX")
@pytest.mark.slow
def test_tensorboard_has_a_series_for_each_cell_and_measurement(own):
    from tensorboardX.proto.event_pb2 import Event

    run = own / "run"
    until_all_is_shown(run, "tensorboard", own)
    assert mirrored(run, "tensorboard", cwd=own).returncode == 0
    for path in paths.cell_tables(run):
        folder = paths.mirror(run, "tensorboard") / path.parent.relative_to(run)
        series = {}
        for file in sorted(folder.glob("events.out.tfevents.*")):
            for record in records(file):
                for value in Event.FromString(record).summary.value:
                    series.setdefault(value.tag, []).append(value.simple_value)
        table = read_table(path).to_pylist()
        assert series["test_accuracy"] == pytest.approx([r["test_accuracy"] for r in table])
        assert {*series} == {*measures.measured(table[0])}


@needs("wandb")
@pytest.mark.slow
def test_weights_and_biases_offline_has_a_run_for_each_cell(own):
    run = own / "run"
    until_all_is_shown(run, "wandb", own, WANDB_MODE="offline")
    made = {*paths.mirror(run, "wandb").glob("wandb/offline-run-*/run-*.wandb")}
    assert len({path.name for path in made}) == len(paths.cell_tables(run)) == 6
    assert any(b"test_accuracy" in path.read_bytes() for path in made)
    assert mirrored(run, "wandb", cwd=own, WANDB_MODE="offline").returncode == 0
    again = {*paths.mirror(run, "wandb").glob("wandb/offline-run-*/run-*.wandb")}
    assert again == made


def test_a_mirror_that_cannot_be_had_is_refused_before_anything_is_written(own, monkeypatch):
    monkeypatch.chdir(own)
    for name, says in {
        "tensorbord": "did you mean tensorboard",
        "no_module:f": "No module named 'no_module'",
        "own:none": "own has no 'none'",
        "math:pi": "not a function",
    }.items():
        with pytest.raises(WrongUse, match=says):
            following.check([name])
    done = processes.run(*processes.training(own / "run", "--mirror=tensorbord"), cwd=own)
    assert "did you mean tensorboard" in processes.one_line(done)
    assert not (own / "run").exists()


def test_two_mirrors_of_a_name_take_turns(own, tmp_path_factory):
    """As where several processes share a run: what the first has shown the second does not."""
    workdir = own / "run"
    shutil.copytree(processes.reference(tmp_path_factory), workdir)
    folder = paths.mirror(workdir, "own:mirror")
    folder.mkdir(parents=True, exist_ok=True)
    line = [sys.executable, "-m", "pruning_jax.mirrors.follow", str(workdir), "own:mirror"]
    pipes = {"stdin": subprocess.PIPE, "cwd": own, "env": {**os.environ, "PYTHONPATH": PATH}}
    both = [subprocess.Popen(line, **pipes) for _ in range(2)]
    until = time.monotonic() + processes.TIMEOUT
    while not (folder / "shown.jsonl").exists() and time.monotonic() < until:
        time.sleep(0.1)
    for child in both:
        child.stdin.close()
        assert child.wait(processes.TIMEOUT) == 0
    assert len(shown(workdir)) == len(rows(workdir))


def test_what_is_no_number_is_not_shown():
    row = dict.fromkeys(measures.MEASURES, 0.5) | {"noisy_accuracy": float("nan")}
    assert {*measures.MEASURES} - {*measures.measured(row)} == {"noisy_accuracy"}
    assert "test_accuracy" in measures.MEASURES
    assert {"seed", "round", "width", "noise_rate"}.isdisjoint(measures.MEASURES)
