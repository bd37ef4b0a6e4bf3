"""Rounds that go on until the network has collapsed: each cell ends by itself."""

import signal

import pandas as pd
import processes
import pytest
from processes import assert_same, flags, in_succession

from pruning_jax.experiment.reading import COLLAPSED
from pruning_jax.workdir import collect, examine

GRID = {
    "rounds": "collapse",
    "prune_fraction": 0.6,
    "epochs": 6,
    "grid__algorithms": ("lottery", "shuffled", "random", "extended_dense"),
    "grid__seeds": (0, 1),
    "controls__extended_rounds": 2,
    "controls__without_noisy": ("lottery",),
}
KILLED, STOPPED = -signal.SIGKILL, 75


def line(workdir, **settings):
    """A run of GRID as a command."""
    given = {**GRID, **{name.replace(".", "__"): value for name, value in settings.items()}}
    return [processes.SMOKE, *flags(**given), f"--workdir={workdir}"]


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    """The whole run."""
    place = tmp_path_factory.mktemp("collapse") / "run"
    done = processes.end(processes.start(*line(place)))
    assert done.returncode == 0, done.stderr
    return place


@pytest.mark.slow
def test_each_cell_ends_when_its_network_has_collapsed(workdir):
    """Two rounds in a row at the end are at chance, no two before them are; or no weight is left
    to prune. A network that takes the masks of another ends with it at the latest."""
    rows = pd.read_parquet(workdir / "rounds.parquet")
    at_chance = COLLAPSED / 10
    last, lengths = {}, set()
    for key, cell in rows.groupby(["algorithm", "noise_rate", "seed"]):
        last[key] = cell["round"].max()
        assert cell["round"].tolist() == list(range(len(cell)))
        low = (cell["clean_accuracy"] <= at_chance).to_numpy()
        twice = low[1:] & low[:-1]
        assert not twice[:-1].any()
        if key[0] == "extended_dense":
            assert last[key] == 2
        elif key[0] != "shuffled":
            assert twice[-1] or cell["weights_remaining"].iloc[-1] <= 2
            lengths.add(len(cell))
    assert len(lengths) > 1
    for (name, rate, seed), round_ in last.items():
        if name == "shuffled":
            assert round_ <= last["lottery", rate, seed]


@pytest.mark.slow
def test_the_run_is_whole_and_holds(workdir):
    found = examine.examine(workdir)
    assert found.holds
    assert found.complete == found.cells
    assert collect.collect(workdir).unfinished == []


@pytest.mark.slow
def test_a_killed_and_a_divided_run_leave_the_same_files(workdir, tmp_path):
    """Killed where some cells of a group have ended and others go on."""
    place, often = tmp_path / "run", {"checkpoint_minutes": 1e-9}
    rows = pd.read_parquet(workdir / "rounds.parquet")
    ends = rows[rows["algorithm"] == "random"].groupby(["noise_rate", "seed"])["round"].max()
    later = ends.min() + 1
    assert later <= ends.max()
    (rate, seed), _ = next((key, r) for key, r in ends.items() if r >= later)
    cell = f"random/noise={rate:g}/seed={seed}"
    killed = [
        {
            "signal_before": [rf"^os.rename .*{cell}/masks/\S*round_{round_:02d}", how, 0],
            "arguments": line(place, **often),
        }
        for round_, how in ((1, signal.SIGKILL), (later, signal.SIGKILL))
    ]
    *ended, done = in_succession([*killed, {"arguments": line(place, replicas_at_once=1)}])
    assert [step.returncode for step in ended] == [KILLED, KILLED], [s.stderr for s in ended]
    assert done.returncode == 0, done.stderr
    assert_same(place, workdir)
