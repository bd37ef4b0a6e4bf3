"""One group on the devices of two processes: the files of one process, also after a stop."""

import json
import signal
import socket
import time

import numpy as np
import processes
import pytest
from processes import assert_same_cells, end, one_line, start, training

pytestmark = pytest.mark.slow
SEEDS = {"grid__seeds": (0, 1), "grid__algorithms": ("lottery", "shuffled", "random")}
DEVICES = "--xla_force_host_platform_device_count={}"


def together(arguments, count=2, devices=2, **variables):
    """Processes that train together, each with so many simulated devices."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    shared = {
        "JAX_COORDINATOR_ADDRESS": address,
        "JAX_NUM_PROCESSES": str(count),
        "XLA_FLAGS": DEVICES.format(devices),
        **variables,
    }
    return [
        start(*arguments, "--distributed", JAX_PROCESS_ID=str(number), **shared)
        for number in range(count)
    ]


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """What one process with as many devices leaves."""
    workdir = tmp_path_factory.mktemp("alone") / "run"
    done = processes.run(*training(workdir, **SEEDS), XLA_FLAGS=DEVICES.format(4))
    assert done.returncode == 0, done.stderr
    return workdir


def test_divided_replicas_are_those_of_one_process(reference, tmp_path):
    """Bit for bit; and the process that follows leaves the workdir and the terminal alone."""
    first, second = map(end, together(training(tmp_path / "run", **SEEDS)))
    assert first.returncode == 0, first.stderr
    assert second.returncode == 0, second.stderr
    assert "rows in" in first.stdout
    assert "cells" not in second.stdout
    assert_same_cells(tmp_path / "run", reference)


@pytest.mark.parametrize("number", [0, 1])
def test_a_signal_to_one_stops_all_and_one_process_goes_on(reference, tmp_path, number):
    workdir = tmp_path / "run"
    often = {"checkpoint_minutes": 1e-9}
    both = together(training(workdir, **SEEDS, **often))
    seen = workdir / "cells" / "lottery" / "noise=0" / "seed=1" / "rounds.parquet"
    until = time.monotonic() + processes.TIMEOUT
    while not seen.exists() and time.monotonic() < until:
        time.sleep(0.01)
    both[number].send_signal(signal.SIGTERM)
    for done in map(end, both):
        assert done.returncode == 75, (done.stdout, done.stderr)
    done = processes.run(*training(workdir, **SEEDS), XLA_FLAGS=DEVICES.format(4))
    assert done.returncode == 0, done.stderr
    assert_same_cells(workdir, reference)


def test_a_divided_batch_gives_the_same_networks_up_to_rounding(tmp_path):
    settings = {"grid__algorithms": ("lrr",), "grid__noise_rates": (0.3,)}
    divided = training(tmp_path / "divided", **settings, engine__batch_devices=4)
    for done in map(end, together(divided)):
        assert done.returncode == 0, done.stderr
    alone = processes.run(*training(tmp_path / "alone", **settings))
    assert alone.returncode == 0, alone.stderr
    cell = "cells/lrr/noise=0.3/seed=0"
    found = []
    for name in ("divided", "alone"):
        with np.load(tmp_path / name / cell / "examples.npz") as arrays:
            found.append(arrays["train_loss"])
        manifest = json.loads((tmp_path / name / cell / "manifest.json").read_text())
        assert len(manifest["rounds"]) == len(found[-1]) == 3
    np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-5)


def test_where_nobody_says_who_belongs_together(tmp_path):
    done = processes.run(*training(tmp_path / "run"), "--distributed")
    line = one_line(done)
    assert "--distributed: the other processes are not known" in line
    assert "JAX_COORDINATOR_ADDRESS" in line
    done = processes.run(*training(tmp_path / "run"), "--distributed", JAX_NUM_PROCESSES="two")
    assert "JAX_NUM_PROCESSES is 'two', not a whole number" in one_line(done)
    assert not (tmp_path / "run").exists()
