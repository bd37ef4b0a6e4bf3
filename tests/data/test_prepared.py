"""Prepared data sets that are damaged: one line says what, where and what to do; nothing stays."""

import json
import os
import re
import shlex
import shutil
import subprocess

import folders
import processes
import pytest
from processes import in_succession, one_line

from pruning_jax.data import sources
from pruning_jax.errors import WrongUse

TRAIN, TEST = (f"mnist-{split}.array_record-00000-of-00001" for split in ("train", "test"))


def flipped(path):
    content = bytearray(path.read_bytes())
    content[3000] ^= 1
    return bytes(content)


def replaced(name, content):
    """A damage: a file has other content."""

    def damage(folder):
        path = folder / name
        new = content(path) if callable(content) else content
        path.unlink()
        path.write_bytes(new)

    return damage


def said(change):
    """A damage: dataset_info.json says something else."""
    return lambda folder: folders.info(folder, change)


def other_number(content):
    content["splits"][0]["shardLengths"] = ["41"]


def two_shards(content):
    content["splits"][0]["shardLengths"] = ["20", "20"]


def fewer_classes(folder):
    """CIFAR-100 under the name of CIFAR-10: what TFDS wrote, but for names."""
    new = folder.parent.parent / "cifar10"
    folder.parent.rename(new)
    for path in (new / folder.name).iterdir():
        path.rename(path.with_name(path.name.replace("cifar100", "cifar10")))
    folders.info(new / folder.name, lambda content: content.update(name="cifar10"))


def no_file(name):
    return lambda folder: (folder / name).unlink()


def a_folder(name):
    def damage(folder):
        (folder / name).unlink()
        (folder / name).mkdir()

    return damage


def older_name(folder):
    """What TFDS leaves where it is killed."""
    folder.rename(folder.with_name("incomplete.ABCDEF_3.0.1"))


DAMAGED = "damaged: "

# What is damaged, of which data set; and what the line must say.
CASES = {
    "a flipped bit": (replaced(TRAIN, flipped), "mnist", f"{DAMAGED}{TRAIN}", "hash mismatch"),
    "a flipped bit in the other split": (replaced(TEST, flipped), "mnist", f"{DAMAGED}{TEST}"),
    "cut short": (
        replaced(TRAIN, lambda path: path.read_bytes()[:70_000]),
        "mnist",
        f"{DAMAGED}{TRAIN}",
    ),
    "cut to less than array_record's least": (
        replaced(TRAIN, lambda path: path.read_bytes()[:5000]),
        "mnist",
        f"{DAMAGED}{TRAIN}",
    ),
    "emptied": (replaced(TRAIN, b""), "mnist", f"{DAMAGED}{TRAIN}"),
    "other content": (replaced(TRAIN, bytes(200_000)), "mnist", f"{DAMAGED}{TRAIN}"),
    "a missing shard": (no_file(TEST), "mnist", f"{DAMAGED}{TEST} is missing"),
    "a shard that is a folder": (
        a_folder(TRAIN),
        "mnist",
        f"{DAMAGED}{TRAIN} is a folder, not a file",
    ),
    "another number of records": (said(other_number), "mnist", f"{TRAIN} has 40 records", "41"),
    "a shard of several": (
        said(two_shards),
        "mnist",
        f"{DAMAGED}mnist-train.array_record-00000-of-00002 is missing",
    ),
    "no dataset_info.json": (
        no_file("dataset_info.json"),
        "mnist",
        f"{DAMAGED}dataset_info.json is missing",
    ),
    "an empty dataset_info.json": (
        replaced("dataset_info.json", b""),
        "mnist",
        f"{DAMAGED}dataset_info.json is not JSON",
    ),
    "half a dataset_info.json": (
        replaced("dataset_info.json", lambda path: path.read_bytes()[:300]),
        "mnist",
        f"{DAMAGED}dataset_info.json is not JSON",
    ),
    "bytes for dataset_info.json": (
        replaced("dataset_info.json", b"\xff\xfe\x00"),
        "mnist",
        f"{DAMAGED}dataset_info.json is not JSON",
    ),
    "a dataset_info.json that says nothing": (
        replaced("dataset_info.json", b"{}"),
        "mnist",
        DAMAGED,
        "dataset_info.json",
    ),
    "a dataset_info.json that is a list": (
        replaced("dataset_info.json", b"[]"),
        "mnist",
        DAMAGED,
        "dataset_info.json",
    ),
    "a split less": (
        said(lambda content: content["splits"].pop()),
        "mnist",
        f"{DAMAGED}dataset_info.json has no split 'test'",
    ),
    "no features.json": (
        no_file("features.json"),
        "mnist",
        f"{DAMAGED}features.json is missing",
    ),
    "half a features.json": (
        replaced("features.json", lambda path: path.read_bytes()[:300]),
        "mnist",
        f"{DAMAGED}features.json is not JSON",
    ),
    "a features.json that says nothing": (
        replaced("features.json", b"{}"),
        "mnist",
        DAMAGED,
        "features.json",
    ),
    "features without a label": (
        replaced("features.json", lambda path: path.read_bytes().replace(b'"label"', b'"lapel"')),
        "mnist",
        f"{DAMAGED}features.json has no 'label'",
    ),
    "labels of more classes": (
        fewer_classes,
        "cifar100",
        f"{DAMAGED}training labels from 60 to 99",
        "10 classes",
    ),
    "images of another size": (
        lambda folder: None,
        "mnist, 20 x 28",
        f"{DAMAGED}{TRAIN}: image 0 is (20, 28, 1), not (28, 28, 1)",
    ),
    "images of several sizes": (
        lambda folder: None,
        "mnist, two sizes",
        f"{DAMAGED}{TRAIN}: image",
        "is (20, 28, 1), not (28, 28, 1)",
    ),
    "fewer examples": (lambda folder: None, "mnist", "40 training examples", "60000"),
    "what a killed preparation leaves": (older_name, "mnist", "is not prepared in"),
    "prepared for TensorFlow": (
        said(lambda content: content.update(fileFormat="tfrecord")),
        "mnist",
        "is prepared as tfrecord, which needs TensorFlow",
    ),
}
SHAPES = {"mnist, 20 x 28": [(20, 28, 1)], "mnist, two sizes": [(28, 28, 1), (20, 28, 1)]}


def make(folder):
    """All cases, each in a folder with its number, out of data sets that are whole."""
    whole = {}
    for _, name, *_ in CASES.values():
        if name not in whole:
            place = folder / "whole" / str(len(whole))
            whole[name] = folders.prepare(place, name.partition(",")[0], SHAPES.get(name))
    for number, (damage, name, *_) in enumerate(CASES.values()):
        damage(folders.copy(whole[name], folder / str(number)))


def outcomes(folder):
    """What comes of running with each data set; kept in outcomes.json."""
    make(folder)
    steps = []
    for number in range(len(CASES)):
        place, workdir = folder / str(number), folder / "run"
        (name,) = (path.name for path in place.iterdir())
        settings = {"dataset": name, "data_dir": str(place), "grid__algorithms": ("lrr",)}
        steps.append({"arguments": processes.training(workdir, **settings)})
    done = in_succession(steps, XDG_CACHE_HOME=str(folder / "cache"))
    lines = [[each.returncode, each.stdout, each.stderr] for each in done]
    (folder / "outcomes.json").write_text(json.dumps(dict(zip(CASES, lines, strict=True))))


@pytest.fixture(scope="session")
def found(tmp_path_factory):
    """The folder with all cases, and what came of each."""
    folder = processes.once(tmp_path_factory, "bad_data", outcomes)
    return folder, json.loads((folder / "outcomes.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_a_damaged_data_set_is_one_line_and_status_2(found, case, monkeypatch):
    """In a process as the command, and here as `sources.load`, which says the same."""
    folder, lines = found
    line = one_line(subprocess.CompletedProcess(case, *lines[case])).removeprefix("run.py: ")
    place = folder / str(list(CASES).index(case))
    (name,) = (path.name for path in place.iterdir())
    assert line.startswith(f"dataset {name!r} ")
    for text in (str(place), f"python -m pruning_jax.prepare --dataset={name}", *CASES[case][2:]):
        assert text in line
    assert len(line) < 600
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    with pytest.raises(WrongUse) as caught:
        sources.load(name, str(place))
    assert " ".join(str(caught.value).split()) == line


@pytest.mark.slow
def test_damaged_data_sets_leave_nothing(found):
    folder, _ = found
    assert not (folder / "run").exists()
    assert not [path for path in (folder / "cache" / "pruning_jax").glob("*") if path.is_file()]


def test_the_command_that_a_message_names_mends_it(tmp_path):
    """Up to the download, which needs a network: what was there is not in its way."""
    place = tmp_path / "with a space"
    folder = folders.prepare(place)
    (folder / TRAIN).unlink()
    with pytest.raises(WrongUse, match="remove this folder") as caught:
        sources.load("mnist", str(place))
    shutil.rmtree(folder)
    words = shlex.split(re.search("python -m (.*)", str(caught.value)).group(1))
    assert words == ["pruning_jax.prepare", "--dataset=mnist", f"--data_dir={place}"]
    done = processes.run(*words[1:], "--mirror=http://127.0.0.1:1", command="prepare")
    assert "cannot be downloaded" in done.stderr


@pytest.mark.parametrize("what", ["..", ".", TRAIN, "dataset_info.json"])
def test_what_may_not_be_read(tmp_path, what):
    folder = folders.prepare(tmp_path)
    path = (folder / what).resolve()
    before = path.stat().st_mode
    path.chmod(0)
    try:
        if os.access(path, os.R_OK):
            pytest.skip("this user may read everything")
        with pytest.raises(WrongUse, match=r"cannot be read: .*Permission denied") as caught:
            sources.load("mnist", str(tmp_path))
    finally:
        path.chmod(before)
    assert str(path) in str(caught.value)


SIZES = {"train": 60_000, "test": 10_000}


@pytest.fixture(scope="session")
def full(tmp_path_factory):
    """The `data_dir` of an MNIST of full size, of which every fortieth image is the same; and
    the cache of its arrays in `cache`."""

    def make(folder):
        folders.repeat(folders.prepare(folder), SIZES)

    return processes.once(tmp_path_factory, "full_mnist", make)


@pytest.mark.slow
def test_a_repaired_data_set_is_read(full, tmp_path):
    """In the same folder, by the same command, after it was refused."""
    folder = folders.copy(next(full.glob("mnist/*")), tmp_path / "data")
    settings = {"dataset": "mnist", "data_dir": str(tmp_path / "data"), "rounds": 1}
    whole = (folder / TRAIN).read_bytes()
    replaced(TRAIN, flipped)(folder)
    run = processes.training(tmp_path / "run", **settings)
    (refused,) = in_succession([{"arguments": run}])
    assert f"{DAMAGED}{TRAIN}" in one_line(refused)
    assert not (tmp_path / "run").exists()
    replaced(TRAIN, whole)(folder)
    (done,) = in_succession([{"arguments": run}])
    assert done.returncode == 0, done.stderr
