"""Images that stay in their files: what is loaded, divided, read."""

import json
import os
import sys

import image_files
import numpy as np
import pytest
import tiny_images

from pruning_jax.data import sources
from pruning_jax.data.division import divide
from pruning_jax.data.reading import streamed
from pruning_jax.errors import WrongUse
from pruning_jax.experiment.data import Data


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return image_files.make(tmp_path_factory.mktemp("tfds"))


@pytest.fixture
def source(folder, cached):
    return load(folder)


@pytest.fixture
def cached(tmp_path, monkeypatch):
    """An empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "pruning_jax"


def load(folder):
    return tiny_images.load(str(folder.parents[1]))


def copy(folder, to):
    """A copy of the data set that a test may damage; its folder."""
    new = to / folder.parent.name / folder.name
    new.mkdir(parents=True)
    for path in folder.iterdir():
        (new / path.name).write_bytes(path.read_bytes())
    return new


def test_images_are_the_files_and_labels_are_theirs(folder, source):
    order = image_files.records(folder)
    for split, images, labels in (
        ("train", source.train_images, source.train_labels),
        ("validation", source.test_images, source.test_labels),
    ):
        assert sorted(order[split]) == list(range(image_files.SPLITS[split]))
        assert len(images) == image_files.SPLITS[split]
        read = [images.read(place) for place in range(len(images))]
        assert read == [image_files.encoded(split, number) for number in order[split]]
        assert labels.dtype == np.int32
        assert labels.tolist() == [number % 10 for number in order[split]]
    assert len({shard.path for shard in source.train_images.shards}) == image_files.SHARDS
    assert "tensorflow" not in sys.modules


def test_the_division_is_that_of_other_data_sets(source):
    settings = Data(validation_fraction=0.1, split_seed=3)
    division = divide(source, settings)
    pixels = np.arange(60, dtype=np.uint8).reshape(-1, 1, 1, 1)
    plain = sources.Source(pixels, source.train_labels, pixels[:20], source.test_labels)
    expected = divide(plain, settings)
    np.testing.assert_array_equal(division.labels, expected.labels)
    np.testing.assert_array_equal(division.origin, expected.origin)
    read = [division.images.read(place) for place in range(80)]
    places = expected.images[:60].ravel()
    assert read[:60] == [source.train_images.read(int(place)) for place in places]
    assert read[60:] == [source.test_images.read(place) for place in range(20)]
    np.testing.assert_array_equal(division.mean, np.array([124.0, 116.0, 104.0], np.float32))
    np.testing.assert_array_equal(division.std, np.array([58.0, 57.0, 57.0], np.float32))


def test_labels_are_kept_until_the_files_change(folder, cached, tmp_path, capsys):
    new = copy(folder, tmp_path)
    first = load(new)
    assert "reading the labels of 60 images" in capsys.readouterr().out
    assert len([*cached.iterdir()]) == 1
    again = load(new)
    assert capsys.readouterr().out == ""
    np.testing.assert_array_equal(again.train_labels, first.train_labels)
    shard = new / "imagenet2012-train.array_record-00001-of-00003"
    os.utime(shard, ns=(0, 0))
    load(new)
    assert "reading the labels" in capsys.readouterr().out


def test_labels_read_by_processes_are_the_same(source, monkeypatch):
    monkeypatch.setattr(streamed, "FEW", 0)
    monkeypatch.setattr(streamed, "CHUNK", 7)
    np.testing.assert_array_equal(streamed._labels(source.train_images), source.train_labels)


def damaged(folder, how):
    shard = folder / "imagenet2012-train.array_record-00001-of-00003"
    content = shard.read_bytes()
    if how == "missing":
        shard.unlink()
    elif how == "cut short":
        shard.write_bytes(content[: len(content) // 2])
    elif how == "empty":
        shard.write_bytes(b"")
    else:
        place = len(content) // 4  # the second half is padding
        shard.write_bytes(content[:place] + bytes(500) + content[place + 500 :])
    return shard


@pytest.mark.parametrize("how", ["missing", "cut short", "empty", "overwritten"])
def test_a_damaged_shard_is_named(folder, cached, tmp_path, how):
    new = copy(folder, tmp_path)
    shard = damaged(new, how)
    with pytest.raises(WrongUse, match=r"prepare (it|the data set) anew") as caught:
        load(new)
    message = str(caught.value)
    assert shard.name in message
    assert str(new) in message
    assert "\n" not in message
    assert not list(cached.glob("*"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("dataset_info.json", "{"),
        ("features.json", None),
        ("dataset_info.json", json.dumps({"name": "imagenet2012"})),
    ],
)
def test_a_damaged_description(folder, cached, tmp_path, name, content):
    new = copy(folder, tmp_path)
    (new / name).unlink() if content is None else (new / name).write_text(content)
    with pytest.raises(WrongUse, match=f"{new}.* prepare it anew") as caught:
        load(new)
    assert "\n" not in str(caught.value)


def test_another_format_is_refused(folder, cached, tmp_path):
    new = copy(folder, tmp_path)
    info = json.loads((new / "dataset_info.json").read_text())
    (new / "dataset_info.json").write_text(json.dumps({**info, "fileFormat": "tfrecord"}))
    with pytest.raises(WrongUse, match="is prepared as tfrecord, which needs TensorFlow"):
        load(new)
