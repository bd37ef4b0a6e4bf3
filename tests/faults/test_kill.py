"""Killed with -9 at random moments, and started again each time: the same files in the end.

tests/commands/test_resume.py kills at moments that are known to be delicate; these are any.
"""

import shutil

import numpy as np
import processes
import pytest
from processes import assert_same, in_succession, training
from soak import bounded

KILLS = bounded(8, 50)
LIVES = 5  # kills of one workdir, before it may end
SHORTEST, LONGEST = 0.2, bounded(4.0, 12.0)  # seconds after it has begun to read its configuration
BEGIN = r"^open \S*smoke.py"
KILL, KILLED = 9, -9


@pytest.fixture(scope="session")
def arguments():
    """The flags of a run in a workdir: TINY's, or, soaking, those of the whole smoke grid."""
    whole = [processes.SMOKE, "--config.checkpoint_minutes=1e-9"]
    often = {"checkpoint_minutes": 1e-9}
    return bounded(
        lambda workdir: training(workdir, **often), lambda workdir: [*whole, f"--workdir={workdir}"]
    )


@pytest.fixture(scope="session")
def reference(arguments, tmp_path_factory):
    """What a run that nothing interrupted leaves."""

    def make(folder):
        done = processes.run(*arguments(folder))
        assert done.returncode == 0, done.stderr

    return processes.once(tmp_path_factory, "reference of kills", make)


@pytest.mark.slow
def test_kills_at_random_moments_change_nothing(arguments, reference, tmp_path):
    shares = np.random.default_rng(0).uniform(size=KILLS)
    # Each length is as likely as its double, because a fast machine ends within two seconds.
    moments = (SHORTEST * (LONGEST / SHORTEST) ** shares).round(2).tolist()
    killed = 0
    for begin in range(0, KILLS, LIVES):
        workdir, lives = tmp_path / "run", moments[begin : begin + LIVES]
        steps = [
            {"arguments": arguments(workdir), "signal_before": [BEGIN, KILL, seconds]}
            for seconds in lives
        ]
        *ends, last = in_succession([*steps, {"arguments": arguments(workdir)}])
        for seconds, done in zip(lives, ends, strict=True):
            assert done.returncode in (KILLED, 0), (seconds, done.stdout, done.stderr)
            killed += done.returncode == KILLED
        assert last.returncode == 0, (lives, last.stdout, last.stderr)
        assert_same(workdir, reference)
        shutil.rmtree(workdir)
    assert killed > KILLS // 4, f"of {KILLS} runs only {killed} were killed before their end"
