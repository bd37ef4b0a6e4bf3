"""The benchmark of accelerators, in tiny sizes on a CPU: real processes, with real failures."""

import doctest
import itertools
import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from processes import QUICKLY_COMPILED, ROOT, environment

from benchmarks.parts import kernels, tables
from benchmarks.parts.setting import PARTS

SECONDS = 1200  # for one that hangs, on a machine that is busy

TIMES = {"step_ms", "compilation_seconds", "times_first_row"}
TRACED = {"kernels_per_step", "kernels_ms", "groups_ms", "kernels"}
CASE = {"way", "precision", "replicas", "batch_size"}
COMMAND = {"command_seconds", "training_seconds"}
FIELDS = {
    ("device", "found"): {"jax", "jaxlib", "python", "cores", "backend", "device_kind", "devices"},
    ("smoke", "run, programs compiled"): COMMAND | {"rounds", "cells", "diverged"},
    ("smoke", "verify"): {"command_seconds", "kinds_of_checks"},
    ("resnet20", "turns, gradient, float32, 1"): CASE
    | TIMES
    | TRACED
    | {"convolution", "images_per_second"},
    ("resnet20", "vmap, gradient, float32, 2"): CASE | TIMES | {"images_per_second"},
    ("bits", "two runs"): {"command_seconds", "equal", "files", "different"},
    ("bits", "killed and gone on with"): {"killed", "rounds_before", "equal", "files"},
    ("lenet", "vmap, float32, 2"): CASE
    | TIMES
    | TRACED
    | {"epochs_of_a_replica_per_second", "seconds_per_epoch_of_all"},
    ("lenet", "turns, float32, 2"): CASE | TIMES,
    ("descent", "run"): COMMAND | {"replicas", "epochs", "whole_experiment_hours_at_this_speed"},
    ("resnet50", "float32, batch 2"): TIMES
    | TRACED
    | {"images_per_second", "images_per_second_sent", "devices"},
    ("predicted", "descent, run"): {"measured_seconds", "plan_seconds", "plan_times_measured"},
    ("predicted", "resnet20, turns, gradient, float32, 1"): {
        "measured_step_ms",
        "plan_step_ms",
        "plan_on_step_ms",
    },
    ("predicted", "lenet, vmap, float32, 2"): {"plan_times_measured"},
}
"""What some rows have at least."""


def started(out, *flags, **variables):
    """The command as a user starts it; without TFDS_DATA_DIR pixels are random."""
    line = [
        sys.executable,
        ROOT / "benchmarks" / "accelerator.py",
        "--tiny",
        f"--out={out}",
        *flags,
    ]
    own = environment(**QUICKLY_COMPILED, **variables)
    if "TFDS_DATA_DIR" not in variables:
        own.pop("TFDS_DATA_DIR", None)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(line, env=own, **pipes)


def ended(process, out):
    """Its exit status, and what it left: the JSON and the Markdown."""
    try:
        _, errors = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.terminate()  # it ends its own processes
        process.communicate()
        raise
    assert "Traceback" not in errors, errors
    page = (out / "accelerator.md").read_text()
    return process.returncode, json.loads((out / "accelerator.json").read_text()), page


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    out = tmp_path_factory.mktemp("accelerator")
    status, found, page = ended(started(out, "--minutes=60"), out)
    states = {name: part["state"] for name, part in found["parts"].items()}
    assert status == 0, (states, (out / "log.txt").read_text()[-2000:])
    return found, page


def rows(found):
    return [(p, n, row) for p, part in found["parts"].items() for n, row in part["rows"].items()]


@pytest.mark.slow
def test_every_part_is_done_in_their_order(whole):
    found, _ = whole
    assert list(found["parts"]) == list(PARTS)
    for name, part in found["parts"].items():
        assert part["state"] == "done", name
        assert part["rows"], name
    assert {row["state"] for _, _, row in rows(found)} == {"done"}
    assert {"date", "command", "version", "commit", "uncommitted_changes"} < set(found)


@pytest.mark.slow
def test_rows_have_their_fields(whole):
    found, _ = whole
    for (part, name), fields in FIELDS.items():
        own = found["parts"][part]["rows"][name]["fields"]
        assert fields <= set(own), (part, name, fields - set(own))


@pytest.mark.slow
def test_times_are_sound(whole):
    """The least is below the median, ratios of the first row are 1, groups sum up to kernels."""
    found, _ = whole
    for part, name, row in rows(found):
        fields = row["fields"]
        if "step_ms" in fields:
            assert 0 < fields["step_ms"]["least"] <= fields["step_ms"]["median"], (part, name)
        if "images_per_second" in fields:
            images = fields["batch_size"] * fields.get("replicas", 1)
            expected = 1e3 * images / fields["step_ms"]["median"]
            assert fields["images_per_second"]["median"] == pytest.approx(expected)
        if "groups_ms" in fields:
            summed = sum(fields["groups_ms"].values())
            assert 0 < summed == pytest.approx(fields["kernels_ms"], abs=1e-3)
            assert fields["kernels_per_step"] > 5, (part, name)
    for part in ("resnet20", "lenet", "resnet50"):
        first = next(iter(found["parts"][part]["rows"].values()))["fields"]
        assert first["times_first_row"] == {"best": 1, "median": 1}
        assert {"products", "convolutions"} & set(first["groups_ms"]), part


@pytest.mark.slow
def test_what_ran_was_right(whole):
    """The small grid was verified, and two runs of another had the same bits, as had one that was
    killed when it had some rounds but not all."""
    parts = whole[0]["parts"]
    assert parts["smoke"]["rows"]["verify"]["fields"]["kinds_of_checks"] > 5
    assert parts["smoke"]["rows"]["run, programs compiled"]["fields"]["diverged"] == 0
    for row in parts["bits"]["rows"].values():
        assert row["fields"]["equal"], row["fields"]["different"]
        assert row["fields"]["files"] > 3
    killed = parts["bits"]["rows"]["killed and gone on with"]["fields"]
    assert killed["killed"]
    assert 1 <= killed["rounds_before"] <= 3


@pytest.mark.slow
def test_whatever_was_timed_was_predicted(whole):
    parts = whole[0]["parts"]
    timed = [f"{p}, {n}" for p in ("resnet20", "lenet") for n in parts[p]["rows"]]
    assert list(parts["predicted"]["rows"]) == ["descent, run", *timed]
    for name in timed:
        fields = parts["predicted"]["rows"][name]["fields"]
        ratio = fields["plan_step_ms"] / fields["measured_step_ms"]
        assert fields["plan_times_measured"] == pytest.approx(ratio)
        assert fields["plan_on_step_ms"] > 0


@pytest.mark.slow
def test_the_page_has_every_part_and_row(whole):
    found, page = whole
    for part in found["parts"].values():
        assert f"## {part['title']}\n" in page
        for name in part["rows"]:
            assert f"| {name} |" in page
    lines = page.splitlines()
    for above, line in itertools.pairwise(lines):
        if above.startswith("|") and line.startswith("|"):
            assert above.count("|") == line.count("|")


@pytest.mark.slow
def test_a_part_that_fails_leaves_the_others(tmp_path):
    """There is no MNIST in the folder that TFDS_DATA_DIR names. So nothing is timed, of which
    something could have been predicted."""
    parts = "--parts=device,lenet,predicted"
    status, found, page = ended(started(tmp_path, parts, TFDS_DATA_DIR="/nowhere"), tmp_path)
    assert status == 1
    states = {name: part["state"] for name, part in found["parts"].items()}
    nothing = "skipped: it has no rows"
    assert states == {"device": "done", "lenet": "failed", "predicted": nothing}
    for name, row in found["parts"]["lenet"]["rows"].items():
        assert row["state"].startswith("failed: ")
        assert "mnist" in row["state"]
        assert f"| {name} | {row['state']} |" in page


@pytest.mark.slow
def test_a_process_that_is_killed_fails_in_its_row_alone(tmp_path):
    """As the system kills one for want of memory."""
    process = started(tmp_path, "--parts=lenet")
    lines, end = tmp_path / "lines.jsonl", time.monotonic() + SECONDS
    while not (lines.exists() and "begun" in lines.read_text()):
        assert time.monotonic() < end
        assert process.poll() is None
        time.sleep(0.02)
    (child,) = psutil.Process(process.pid).children()
    os.kill(child.pid, signal.SIGKILL)
    status, found, page = ended(process, tmp_path)
    first, second = found["parts"]["lenet"]["rows"].values()
    assert (status, found["parts"]["lenet"]["state"]) == (1, "failed")
    assert first["state"] == "failed: it was ended by SIGKILL"
    assert second["state"] == "done"
    assert first["state"] in page


def test_what_would_not_fit_is_left_out_and_said(tmp_path):
    status, found, page = ended(started(tmp_path, "--minutes=0.001"), tmp_path)
    assert status == 0
    assert list(found["parts"]) == list(PARTS)
    for part in found["parts"].values():
        assert part["state"].startswith("skipped: it needs 1 s, and 0 s are left")
        assert f"## {part['title']}\n\n{part['state']}" in page


def test_wrong_use_is_one_line(tmp_path):
    process = started(tmp_path, "--parts=smoke,resnet")
    _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 2
    assert "'resnet' is not one of device, smoke, resnet20" in errors.splitlines()[-1]


@pytest.mark.parametrize("module", [kernels, tables], ids=["kernels", "tables"])
def test_examples_in_docstrings(module):
    results = doctest.testmod(module)
    assert results.attempted
    assert not results.failed
