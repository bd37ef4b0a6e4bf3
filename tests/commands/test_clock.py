"""Another time zone, and a clock that jumps while a run is stopped, change nothing."""

import shutil
from pathlib import Path

import processes
import pytest
from processes import assert_same, train

FAKETIME = next(
    (
        str(path)
        for folder in ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/opt/homebrew/lib")
        for path in Path(folder).glob("**/libfaketime.so.1")
    ),
    "",
)


@pytest.fixture(scope="session")
def reference(tmp_path_factory):
    return processes.reference(tmp_path_factory)


def stopped(workdir, **variables):
    """A run of TINY that ends where it begins a round, under other variables."""
    before = r"^open \S*/random/noise=0.3/seed=0/masks/\.round_01"
    step = {"arguments": processes.training(workdir), "signal_before": [before, 15, 0]}
    (done,) = processes.in_succession([step], **variables)
    assert done.returncode == 75, done.stderr


@pytest.mark.slow
def test_a_run_may_travel_to_another_time_zone(reference, tmp_path):
    """From the zone that is farthest ahead to one that is a day behind."""
    stopped(tmp_path / "run", TZ="Pacific/Kiritimati")
    done = train(tmp_path / "run", variables={"TZ": "Etc/GMT+12"})
    assert done.returncode == 0, done.stderr
    assert_same(tmp_path / "run", reference)


@pytest.mark.slow
@pytest.mark.skipif(not FAKETIME, reason="libfaketime is not installed: apt-get install faketime")
@pytest.mark.parametrize("jump", ["-10y", "+10y"])
def test_the_clock_may_jump(jump, reference, tmp_path):
    """The wall clock alone: no process of a real machine sees the monotonic one go back."""
    stopped(tmp_path / "run")
    faked = {"LD_PRELOAD": FAKETIME, "FAKETIME": jump, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    done = train(tmp_path / "run", variables=faked)
    assert done.returncode == 0, done.stderr
    assert_same(tmp_path / "run", reference)
    shutil.rmtree(tmp_path / "run")
