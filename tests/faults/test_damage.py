"""Damaged files: they are noticed, named, and made again, to the same bits."""

import random
import shutil

import fuzzing
import numpy as np
import pytest
from processes import assert_same_cells
from soak import bounded

from pruning_jax.experiment import record
from pruning_jax.experiment.cells import Cell
from pruning_jax.files import write_arrays
from pruning_jax.grid import checkpoints
from pruning_jax.grid.groups import groups_of
from pruning_jax.workdir import paths
from pruning_jax.workdir.cellfiles import read_table, unite, write_rows
from pruning_jax.workdir.mending import mend

CELL = Cell("lottery", 0.3, 0)


def truncated(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path):
    path.write_bytes(b"")


def zeroed(path):
    path.write_bytes(bytes(path.stat().st_size))


def missing(path):
    path.unlink()


def with_flipped_bits(path):
    """One bit in every 500 bytes."""
    content = np.frombuffer(path.read_bytes(), np.uint8).copy()
    content[::500] ^= 16
    path.write_bytes(content.tobytes())


DAMAGES = (truncated, emptied, zeroed, missing, with_flipped_bits)


@pytest.fixture(scope="session")
def interrupted(experiment, group_run, tmp_path_factory):
    """The grid in one group, stopped inside the second round of its first algorithm."""
    workdir = tmp_path_factory.mktemp("interrupted")
    (group,) = groups_of(experiment, 2)
    work = group_run(workdir, group, pace=2)
    while (at := next(work)).algorithm == "dense" or at.round < 2 or at.done:
        pass
    work.close()
    return workdir


def newest(workdir):
    """The files of the newest checkpoint, by their paths in it."""
    (folder,) = paths.checkpoints(workdir).glob("*/*/round")
    place = max(folder.glob("*/"), key=lambda path: int(path.name))
    return {str(p.relative_to(place)): p for p in sorted(place.rglob("*")) if p.is_file()}


def test_two_checkpoints_are_kept(interrupted):
    (folder,) = paths.checkpoints(interrupted).glob("*/*/round")
    assert len([*folder.glob("*/")]) == 2


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Orbax's own loop
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_passed_over(
    experiment, group_run, interrupted, uninterrupted, tmp_path, capsys, damage
):
    """Its largest file, then all of its files at once; soaking, each of its files alone, too."""
    names = sorted(newest(interrupted), key=lambda name: newest(interrupted)[name].stat().st_size)
    assert len(names) > 3
    (group,) = groups_of(experiment, 2)
    alone = [[name] for name in bounded(names[-1:], names)]
    for i, damaged in enumerate([*alone, names]):
        workdir = shutil.copytree(interrupted, tmp_path / str(i))
        for name in damaged:
            damage(newest(workdir)[name])
        list(group_run(workdir, group))
        assert_same_cells(workdir, uninterrupted)
    said = capsys.readouterr().out.splitlines()
    assert said
    for line in said:
        assert line.startswith("warning: the checkpoint ")
        assert "is damaged" in line


@pytest.mark.slow
def test_where_every_checkpoint_is_damaged_training_begins_again(
    experiment, group_run, interrupted, uninterrupted, tmp_path
):
    workdir = shutil.copytree(interrupted, tmp_path / "run")
    for path in paths.checkpoints(workdir).glob("*/*/*/*/**/*"):
        if path.is_file():
            zeroed(path)
    (group,) = groups_of(experiment, 2)
    list(group_run(workdir, group))
    assert_same_cells(workdir, uninterrupted)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Orbax's own loop
def test_whatever_the_bytes_of_a_checkpoint_are_a_sound_one_is_read(tmp_path):
    """The newest of two is damaged at random: one of them is read, bit for bit, and no error ends
    the run."""
    trees = [{"w": np.arange(500.0) + i, "step": np.array([7 + i])} for i in range(2)]
    for i, tree in enumerate(trees):
        checkpoints.save(tmp_path / "sound", tree, {"round": i})
    rng, passed_over = random.Random(0), 0
    for number in range(bounded(60, 3_000)):
        place = shutil.copytree(tmp_path / "sound", tmp_path / "damaged")
        inside = sorted((place / "000001").rglob("*"))
        path = rng.choice([path for path in inside if path.is_file() and path.stat().st_size])
        how = rng.choice(fuzzing.MUTATIONS)
        path.write_bytes(how(path.read_bytes(), rng))
        warned = []
        found = checkpoints.load(place, lambda position: trees[position["round"]], warned.append)
        assert found, (number, path, how)
        tree, position = found
        assert position == {"round": 1 - len(warned)}, (number, path, how)
        for name, array in trees[position["round"]].items():
            np.testing.assert_array_equal(tree[name], array)
        passed_over += len(warned)
        shutil.rmtree(place)
    assert passed_over, "no damage did any harm"


FILES = {
    "rows": lambda workdir: paths.rounds(workdir, CELL),
    "examples": lambda workdir: paths.examples(workdir, CELL),
    "mask": lambda workdir: paths.mask(workdir, CELL, 1),
    "manifest": lambda workdir: paths.manifest(workdir, CELL),
}


@pytest.mark.slow
@pytest.mark.parametrize("which", FILES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_of_a_finished_cell_is_made_again(
    experiment, group_run, uninterrupted, tmp_path, damage, which
):
    workdir = shutil.copytree(uninterrupted, tmp_path / "run")
    path = FILES[which](workdir)
    before = path.read_bytes()
    damage(path)
    if path.exists() and path.read_bytes() == before:
        pytest.fail("the damage does nothing")
    line = mend(workdir, CELL, record.digest(experiment), experiment.recipe.train_size)
    if (which, damage) == ("rows", missing):
        assert not line  # a cell without rows is one that has not begun
    else:
        assert str(path) in line
        assert "\n" not in line
    (group,) = groups_of(experiment, 2)
    list(group_run(workdir, group))
    assert_same_cells(workdir, uninterrupted)
    assert mend(workdir, CELL, record.digest(experiment), experiment.recipe.train_size) == ""


@pytest.mark.slow
def test_rows_come_back_from_the_union(experiment, uninterrupted, tmp_path):
    """Then nothing has to be trained again."""
    workdir = shutil.copytree(uninterrupted, tmp_path / "run")
    unite(workdir)
    for damage in (truncated, missing):
        damage(paths.rounds(workdir, CELL))
        line = mend(workdir, CELL, record.digest(experiment), experiment.recipe.train_size)
        assert line.startswith(f"warning: {paths.rounds(workdir, CELL)} ")
        assert line.endswith("it is written anew")
        paths.union(workdir).rename(tmp_path / "union")
        assert_same_cells(workdir, uninterrupted)
        (tmp_path / "union").rename(paths.union(workdir))


def test_sound_cells_are_left_alone(experiment, uninterrupted):
    how = record.digest(experiment), experiment.recipe.train_size
    assert [mend(uninterrupted, cell, *how) for cell in experiment.cells] == [""] * 6
    assert mend(uninterrupted, Cell("lrr", 0.3, 7), *how) == ""


@pytest.mark.parametrize("which", ["examples", "manifest", "rows"])
def test_what_is_too_large_is_not_read(experiment, uninterrupted, tmp_path, which):
    """A small file may say that it unpacks to far more than its cell can have."""
    workdir = shutil.copytree(uninterrupted, tmp_path / "run")
    path = FILES[which](workdir)
    if which == "examples":
        write_arrays(path, {"correct": np.zeros((3, 10_000_000), bool)}, compressed=True)
    elif which == "manifest":
        with path.open("ab") as file:
            file.truncate(50_000_000)
    else:
        write_rows(path, 20_000 * read_table(path).to_pylist()[:1])
    line = mend(workdir, CELL, record.digest(experiment), experiment.recipe.train_size)
    assert str(path) in line
    assert " may have " in line or " may)" in line or "that it may" in line, line
