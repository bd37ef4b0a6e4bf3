"""The mesh: any division of replicas and batches over eight devices gives the same networks."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import on_eight_devices
import pytest

pytestmark = pytest.mark.slow
ALONE, *DIVIDED = on_eight_devices.DIVISIONS


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What `on_eight_devices.py` found, in a process of its own."""
    path = tmp_path_factory.mktemp("devices") / "found.npz"
    environment = {k: v for k, v in os.environ.items() if k != "XLA_FLAGS"}
    command = [sys.executable, Path(on_eight_devices.__file__), path]
    subprocess.run(command, check=True, env=environment)
    with np.load(path) as arrays:
        return dict(arrays)


@pytest.mark.parametrize("name", DIVIDED)
def test_networks_and_losses_are_those_of_one_device(found, name):
    for what in ("params", "loss"):
        np.testing.assert_allclose(
            found[f"{name}/{what}"], found[f"{ALONE}/{what}"], rtol=1e-5, atol=1e-5
        )


def test_training_changed_the_two_replicas_differently(found):
    one, other = found[f"{ALONE}/loss"]
    assert np.abs(one - other).max() > 0.1


def test_replicas_send_each_other_nothing(found):
    for name in (ALONE, "each on a device"):
        assert not found[f"{name}/sent"].size


def test_devices_that_share_a_batch_sum_gradients(found):
    """The search for collective operations above can find some."""
    for name in DIVIDED[1:]:
        assert "all-reduce" in found[f"{name}/sent"]
