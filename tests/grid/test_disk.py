"""What the files of a run take: estimated before it, held against what they took."""

import shutil

import processes
import pytest

import pruning_jax as pj
from pruning_jax.grid import disk
from pruning_jax.grid.resolve import resolve
from pruning_jax.workdir import paths

NEAR = 3
"""How many times as much as is taken may be asked for."""


@pytest.fixture(scope="session")
def reference(tmp_path_factory):
    return processes.reference(tmp_path_factory)


@pytest.fixture
def experiment():
    return resolve(processes.config())


def cells(experiment):
    sizes = disk._sizes(experiment)
    return sum(sum(sizes[cell[:2]]) for cell in experiment.cells)


def test_what_cells_take_is_estimated_from_above(reference, experiment):
    taken = disk.held(paths.cells(reference))
    assert taken <= cells(experiment) <= NEAR * taken


@pytest.mark.slow
def test_checkpoints_are_estimated_from_above(reference, experiment, tmp_path):
    """A run that is killed in its last round, when all checkpoints are there."""
    arguments = processes.training(tmp_path / "run")
    before = r"^open \S*/random/noise=0.3/seed=0/masks/\.round_02"
    processes.in_succession([{"arguments": arguments, "signal_before": [before, 9, 0]}])
    taken = disk.held(tmp_path / "run")
    assert disk.held(paths.checkpoints(tmp_path / "run")) > 0
    assert taken <= disk.whole(experiment) <= NEAR * taken
    more = disk.held(paths.cells(reference)) - disk.held(paths.cells(tmp_path / "run"))
    assert more <= disk.left(experiment, tmp_path / "run") < disk.whole(experiment) / 2


def test_a_finished_run_asks_for_nothing(reference, experiment):
    assert disk.left(experiment, reference) == 0


def test_a_resumed_run_asks_for_what_is_left(reference, experiment, tmp_path):
    """The cells of the last algorithm are gone: a third of all."""
    shutil.copytree(reference, tmp_path / "run")
    gone = paths.cells(tmp_path / "run") / "random"
    taken = disk.held(gone)
    shutil.rmtree(gone)
    kept, passing = disk._checkpoints(experiment)
    left = disk.left(experiment, tmp_path / "run") - kept - passing - disk._shared(experiment)
    assert taken <= left <= NEAR / 2 * taken


def test_a_new_run_asks_for_everything(experiment, tmp_path):
    assert disk.left(experiment, tmp_path / "run") == disk.whole(experiment)


def test_damaged_files_do_not_keep_it_from_asking(reference, experiment, tmp_path):
    shutil.copytree(reference, tmp_path / "run")
    for path in paths.cell_tables(tmp_path / "run"):
        path.write_bytes(b"damaged")
    assert 0 < disk.left(experiment, tmp_path / "run") < disk.whole(experiment)


def test_parameters_are_counted_only_where_they_are_saved(experiment):
    saving, sparing = (resolve(processes.config(save__params=save)) for save in (True, False))
    assert cells(saving) > 1.5 * cells(sparing)


def test_masks_take_less_the_fewer_weights_remain():
    sizes = [disk._compressed(density) for density in (0.5, 0.2, 0.05, 0.01, 0.001)]
    assert sizes == sorted(sizes, reverse=True)
    assert 1 / 8 < sizes[0] < 1 / 4
    assert disk._compressed(1.0) < 0.01


@pytest.mark.slow
def test_a_run_of_smoke_takes_what_was_estimated(tmp_path):
    """With controls, which are narrower networks and have fewer rounds."""
    done = processes.run(processes.SMOKE, f"--workdir={tmp_path / 'run'}")
    assert done.returncode == 0, done.stderr
    taken = disk.held(paths.cells(tmp_path / "run"))
    assert taken <= cells(resolve(pj.config("smoke"))) <= NEAR / 2 * taken
