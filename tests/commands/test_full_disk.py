"""A disk that is full, here one on which files cannot grow, or a workdir that nobody may write to:
one line, nothing half written, and the same command goes on where it was once that is over."""

import processes
import pytest
from processes import assert_same, in_succession, one_line, training

CELL = r"lrr/noise=0.3/seed=0"

# Before which dealing with files the disk is full, files of how many bytes it still takes, and
# what the line names.
CASES = {
    "the_workdir_is_new": (r"^open \S*/\.config.json", 1000, "run/config.json"),
    "the_end_of_round_0": (r"^open \S*/dense ", 3000, "/dense cannot be"),
    "a_mask": (rf"^open \S*/{CELL}/masks/\.round_01", 500, f"{CELL}/masks/round_01.npz"),
    "rows": (rf"^open \S*/{CELL}/\.rounds.parquet", 1000, f"{CELL}/rounds.parquet"),
    "a_checkpoint": (r"^open \S*/round ", 3000, "/round cannot be"),
    "the_figure": (r"^open \S*accuracy.png", 3000, "figures/accuracy.png"),
}

OFTEN = {"checkpoint_minutes": 1e-6}
"""Rounds are so short here that no checkpoint would be worth its time."""


@pytest.fixture(scope="session")
def reference(tmp_path_factory):
    return processes.reference(tmp_path_factory)


@pytest.mark.slow
def test_a_run_goes_on_when_there_is_room_again(reference, tmp_path):
    """Every file that a run writes."""
    runs = {case: training(tmp_path / case / "run", **OFTEN) for case in CASES}
    full = [
        {"arguments": runs[case], "full_before": [pattern, size]}
        for case, (pattern, size, _) in CASES.items()
    ]
    for (case, (*_, named)), done in zip(CASES.items(), in_succession(full), strict=True):
        done.stdout = ""  # it had begun
        line = one_line(done)
        assert f"{named}" in line, case
        assert "make room and run the same command again" in line
        assert not [path for path in (tmp_path / case).rglob("*tmp*") if path.is_file()], case
    again = in_succession([{"arguments": arguments} for arguments in runs.values()])
    for case, done in zip(CASES, again, strict=True):
        assert done.returncode == 0, (case, done.stderr)
        assert_same(tmp_path / case / "run", reference)


@pytest.mark.slow
def test_a_run_goes_on_when_it_may_write_again(reference, tmp_path):
    """In the middle of a run the workdir becomes read-only, before each kind of file."""
    runs = {case: training(tmp_path / case / "run", **OFTEN) for case in CASES}
    for case in CASES:
        (tmp_path / case).mkdir()
    refused = [
        {"arguments": runs[case], "refused_before": [pattern, str(tmp_path / case)]}
        for case, (pattern, *_) in CASES.items()
    ]
    for case, done in zip(CASES, in_succession(refused), strict=True):
        done.stdout = ""  # it had begun
        line = one_line(done)
        assert "Permission denied" in line, (case, line)
        assert str(tmp_path / case) in line, (case, line)
        for path in [tmp_path / case, *(tmp_path / case).rglob("*")]:
            path.chmod(path.stat().st_mode | 0o200)
    again = in_succession([{"arguments": arguments} for arguments in runs.values()])
    for case, done in zip(CASES, again, strict=True):
        assert done.returncode == 0, (case, done.stderr)
        assert_same(tmp_path / case / "run", reference)
